"""What a site knows of a tumour from elsewhere is part of what a study is scored from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.models.refusals import BadInput
from tilscope.models.result import SignatureResult, StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Molecular, settings_hash
from tilscope.models.signatures.wu2018.model import COEFFICIENTS, WU_2018
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.intake.readiness import Ready, examine
from tilscope.service.scoring.score import score
from tilscope.service.site.molecular import NOTHING_KNOWN, cytolytic_activity, molecular_of, read_table, words_of

SETTINGS = PipelineSettings()
GENES = Molecular(gzma=4.0, prf1=9.0)


def test_an_annotation_is_read_as_it_was_kept() -> None:
    assert molecular_of(None) == NOTHING_KNOWN
    assert molecular_of({"gzma": 4.0, "prf1": 9.0}) == GENES
    assert cytolytic_activity(GENES) == 6.0
    assert cytolytic_activity(Molecular(gzma=4.0)) is None


def test_nothing_known_leaves_the_input_as_it_is_and_anything_known_does_not() -> None:
    assert words_of(NOTHING_KNOWN) == ()
    words = [words_of(m) for m in (GENES, Molecular(gzma=4.0), Molecular(triple_negative=False), Molecular(prf1=4.0))]
    assert len(set(words)) == 4
    assert all(words)


def table(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_a_table_tells_only_what_its_cells_hold(tmp_path: Path) -> None:
    first, second = read_table(table(tmp_path, "Patient,GZMA,prf1,tnbc\nP-1,2.5,,yes\nP-2,,0,No\n"))
    assert (first.patient, first.said) == ("P-1", {"gzma": 2.5, "triple_negative": True})
    assert (second.patient, second.said) == ("P-2", {"prf1": 0.0, "triple_negative": False})


def test_several_lines_of_one_study_or_patient_become_one(tmp_path: Path) -> None:
    text = "study,patient,gzma,prf1\n1.2.3,,2.5,\n1.2.3,,,4\n,P-1,1,\n,P-1,1,7\n1.2.4,P-1,9,\n"
    rows = read_table(table(tmp_path, text))
    assert [(row.study, row.patient, row.said) for row in rows] == [
        ("1.2.3", "", {"gzma": 2.5, "prf1": 4.0}),
        ("", "P-1", {"gzma": 1.0, "prf1": 7.0}),
        ("1.2.4", "P-1", {"gzma": 9.0}),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("patient,gzmb\nP-1,2\n", "there is no column 'gzmb'"),
        ("gzma\n2\n", "no column study or patient"),
        ("patient,gzma\nP-1,high\n", "line 2: gzma 'high' is no number"),
        ("patient,gzma\nP-1,2\nP-2,-2\n", "line 3: gzma -2 is no expression: from 0 to 1000000 is"),
        ("patient,gzma\nP-1,1e308\n", "line 2: gzma 1e308 is no expression"),
        (
            "patient,gzma,prf1\nP-1,x,1\nP-2,2,3\nP-3,1,1e7\n,4,5\n",
            "line 2: .*; line 4: prf1 1e7 .*; line 5: it names neither",
        ),
        ("patient,gzma\nP-1,nan\n", "line 2: gzma nan is no expression"),
        ("patient,gzma\nP-1,1e308\n", "line 2: gzma 1e308 is no expression: from 0 to 1000000 is"),
        ("patient,tnbc\nP-1,perhaps\n", "neither yes nor no"),
        ("patient,gzma\n,2\n", "names neither study nor patient"),
        ("study,gzma,prf1\n1.2.3,1,5,2,3\n", "line 2: it has more cells than there are columns"),
        ("study,gzma,gzma\n1.2.3,1,2\n", "two columns have the same name"),
        ("study,gzma\n1.2.3,2\n1.2.3,3\n", "two lines of study 1.2.3 say gzma 2.0 and 3.0"),
        ("study,gzma\n../../tools/shutdown?,2\n", "is no Study Instance UID"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused_whole(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=why):
        read_table(table(tmp_path, text))


@pytest.mark.slow
def test_two_genes_give_the_composite_and_new_objects(tmp_path: Path) -> None:
    write_study(make_study(PhantomSpec.small()), tmp_path / "study")
    references = tmp_path / "references"
    references.mkdir()
    known = {"mean": {**dict.fromkeys(COEFFICIENTS, 1.0), "signature": 13.0, "CYT": 5.0}}
    spread = {"sd": {**dict.fromkeys(COEFFICIENTS, 500.0), "signature": 2.0, "CYT": 4.0}}
    facts = {
        "signature": "wu2018",
        "cohort": "made up",
        "studies": 30,
        "settings_hash": settings_hash(WU_2018, SETTINGS),
    }
    (references / "wu2018.json").write_text(json.dumps({**facts, **known, **spread}))
    settings = replace(SETTINGS, references_folder=str(references))

    def scored(molecular: Molecular) -> StudyResult:
        archive = FolderArchive(tmp_path / "study" / "dicom", tmp_path / "out")
        study = archive.only_study()
        result = score(archive, study, settings, lambda stage, fraction: None, molecular=molecular)
        assert examine(archive, study, settings, None, molecular) == Ready(result.input_hash)
        return result

    def wu(result: StudyResult) -> SignatureResult:
        return next(s for s in result.dynamic_series[0].signatures if s.id == "wu2018")

    plain, with_genes = scored(NOTHING_KNOWN), scored(GENES)
    assert wu(plain).further_scores == ()
    (composite,) = wu(with_genes).further_scores
    imaging = wu(with_genes).score
    assert imaging is not None
    assert imaging.value is not None
    # CYT is 6, a quarter of an SD above the mean.
    assert composite.value == pytest.approx(13.0 + 5.86 * (imaging.value - 13.0) / 2.0 + 7.78 * 0.25, rel=1e-4)
    assert wu(with_genes).score == wu(plain).score
    assert with_genes.input_hash != plain.input_hash
    # The regions are the same: segmentations are not written a second time.
    assert {o.kind for o in with_genes.objects if o in plain.objects} == {"SEG"}
    assert {o.kind for o in with_genes.objects if o not in plain.objects} == {"SR", "DOC"}
