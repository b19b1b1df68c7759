"""`make validate`: measures on the real exams first, then on phantoms like patients, and writes docs/validation.md.

Every case is kept as soon as it is done, by the digest of the sources that it depends on: an interrupted run goes on where it
was. `--only WORD` computes the cases whose name holds the word, and writes no page.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from validation.bars import bars_of, pairs_of
from validation.cases import exams, figures_named, in_words, name_of_patient, real_names
from validation.charts import bland_altman
from validation.figures_of_a_case import CaseFigures
from validation.kept import PIPELINE, ROOT, kept, sources_digest
from validation.page import page_of
from validation.real_cases import RealFigures, cases_of
from validation.real_exams import RealExam
from validation.real_judgement import Judgement, judged
from validation.real_pictures import draw_exam
from validation.speed import figures_of_speed

from tilscope.phantom.patients import LAST_SEED_FOR_FITTING

#: The report's. Nobody runs them before it: limits are fitted on the seeds before.
FIRST_SEED, SEEDS = LAST_SEED_FOR_FITTING + 1, 100
SPEED = "speed"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="validation", description=__doc__)
    arguments.add_argument("--only", default="", help="cases whose name holds this word; no page is written")
    arguments.add_argument("--first", type=int, default=FIRST_SEED, help=f"the first seed (the report: {FIRST_SEED})")
    arguments.add_argument(
        "--cases", type=int, default=SEEDS, help=f"how many phantoms (the report: {SEEDS}); 0: real exams only"
    )
    arguments.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--out", type=Path, default=ROOT / "docs", help="where validation.md and its figures go")
    asked = arguments.parse_args()
    seeds = range(asked.first, asked.first + asked.cases)
    names = [*real_names(), *map(name_of_patient, seeds)]
    _compute([name for name in names if asked.only in name], asked.processes)
    if not asked.only:
        _write(asked.out, list(seeds))


def _compute(names: list[str], processes: int) -> None:
    """Every case that is not kept yet, in processes of their own; each says in a line what came of it."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(figures_named, name): name for name in names}
        for number, done in enumerate(as_completed(running), start=1):
            print(f"{number} of {len(names)}: {running[done]}: {in_words(done.result())}", file=sys.stderr, flush=True)


def _write(out: Path, seeds: list[int]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    patients = [CaseFigures.from_json(figures_named(name_of_patient(seed))) for seed in seeds]
    real = {exam: _judgements(exam) for exam in exams().values()}
    for exam, judgements in real.items():
        base = next(one for one in judgements if one.case.name == "as it is")
        draw_exam(exam, base.figures, out / picture_of(exam))
    speed = kept(SPEED, figures_of_speed, sources_digest(PIPELINE))
    if patients:
        bland_altman(pairs_of(patients), out / "validation-bland-altman.png")
    pictures = {exam.name: picture_of(exam) for exam in real}
    page = page_of(
        {exam.name: (exam.source, found) for exam, found in real.items()}, pictures, patients, bars_of(patients), speed
    )
    (out / "validation.md").write_text(page, encoding="utf-8")


def picture_of(exam: RealExam) -> str:
    return f"validation-{exam.name.lower()}.png"


def _judgements(exam: RealExam) -> list[Judgement]:
    found = {case: RealFigures.from_json(figures_named(case.key)) for case in cases_of(exam)}
    base = next(figures for case, figures in found.items() if case.name == "as it is")
    width, height, depth = exam.known.tumour.GetSize()
    return [judged(case, one, base, (depth, height, width), exam.known.least_dice) for case, one in found.items()]


if __name__ == "__main__":
    main()
