"""`python -m second_opinion`: trains the network of docs/learned-second-opinion.md, and judges it.

Training goes on where it was. `--judge` prints what signs, network and both make of pieces, on phantoms that were not trained
on and on real exams, and draws the exams with the network's probabilities beside the checkpoint.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

import torch
from second_opinion.figures import table
from second_opinion.judgement import JudgedPiece, Opinion, exams, judged, phantoms
from second_opinion.label_maps import label_map
from second_opinion.picture import draw
from second_opinion.torch_network import probabilities
from second_opinion.torch_training import Progress, train
from validation.kept import ROOT
from validation.real_exams import real_exams

#: Patients to learn from, and others to judge by; none that reports are made of.
SEEDS, JUDGED_SEEDS = range(100, 260), range(1, 31)
STEPS = 3700


def main() -> None:
    arguments = argparse.ArgumentParser(prog="second_opinion", description=__doc__)
    arguments.add_argument(
        "--place", type=Path, default=ROOT / ".cache" / "second-opinion", help="label maps, checkpoint and pictures"
    )
    arguments.add_argument("--steps", type=int, default=STEPS, help="when it is trained")
    arguments.add_argument("--minutes", type=float, default=float("inf"), help="stop earlier, to go on another time")
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--judge", action="store_true", help="judge the checkpoint, and train no further")
    asked = arguments.parse_args()
    torch.set_num_threads(asked.threads)
    checkpoint = asked.place / "checkpoint.pt"
    if asked.judge:
        _judge(partial(probabilities, Progress.of(checkpoint).network), asked.place)
    else:
        maps = [label_map(seed, asked.place / "maps") for seed in SEEDS]
        train(Progress.of(checkpoint), maps, asked.steps, checkpoint, 60 * asked.minutes)


def _judge(opinion: Opinion, place: Path) -> None:
    data = Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    of_exams: list[JudgedPiece] = []
    for case in exams(real_exams(data)):
        of_exams += judged(case, opinion)
        draw(case, opinion, place / f"{case.name.replace(' ', '-')}.png")
    print("Real exams", table(of_exams), sep="\n\n", flush=True)
    print("\nPhantoms", table([one for case in phantoms(JUDGED_SEEDS) for one in judged(case, opinion)]), sep="\n\n")


if __name__ == "__main__":
    main()
