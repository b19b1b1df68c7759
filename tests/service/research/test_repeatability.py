"""`tilscope repeatability`: which features two readers, or small changes, leave as they were, and what is said where they cannot be
compared."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from foreign_outlines import Painted, segmentation
from numpy.typing import NDArray
from phantom_series import phantom_case
from typer.testing import CliRunner

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.spread import outline_changed
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.service.archive_place import ArchivePlace
from tilscope.service.cli import app
from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_study import Extracted, StudyAt
from tilscope.service.research.extraction.feature_rows import Row
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.research.repeatability.measure_again import MeasureAgain
from tilscope.service.research.repeatability.perturbations import PERTURBATIONS, perturbed
from tilscope.service.research.repeatability.repeatable import IccForm, Rule, judged
from tilscope.service.research.repeatability.repeated_features import RepeatedFeatures
from tilscope.service.research.repeatability.repeats import (
    ReadersOutlines,
    Repeats,
    SittingsOutlines,
    SmallChanges,
)

DONE, USAGE = 0, 2
LESIONS = 40


def repeatability(*words: str | Path, ends: int = DONE) -> Any:
    """The JSON summary of a run in this process."""
    answer = CliRunner().invoke(app, ["repeatability", *map(str, words), "--json"])
    if isinstance(answer.exception, (BadInput, Refused)):
        raise answer.exception
    assert answer.exit_code == ends, (answer.output, answer.exception)
    return json.loads(answer.stdout) if answer.stdout else answer.output


def features_of(reader: int) -> dict[str, NDArray[np.float64]]:
    """Of forty lesions: what a reader hardly changes, what is all reader, a twin of the first, and a constant."""
    truth = np.random.default_rng(1)
    volume, shape = truth.normal(10, 3, LESIONS), truth.normal(0, 1, LESIONS)
    hand = np.random.default_rng(100 + reader)
    return {
        "wu2018/M1": volume + hand.normal(0, 0.3, LESIONS),
        "wu2018/M2": shape + hand.normal(0, 2.0, LESIONS),
        "wu2018/M3": 5 * volume + hand.normal(0, 4.0, LESIONS),
        "wu2018/M4": np.full(LESIONS, 7.0),
    }


Write = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Write:
    """Writes one reader's table; `change` sees the columns first."""

    def write(
        reader: int, change: Callable[[dict[str, Any]], None] = lambda columns: None, suffix: str = "parquet"
    ) -> Path:
        columns: dict[str, Any] = {
            "study_uid": [f"1.2.{n}" for n in range(LESIONS)],
            "laterality": ["B"] * LESIONS,
            "state": ["measured"] * LESIONS,
            "wu2018_settings_hash": ["a1"] * LESIONS,
            **{name: values.tolist() for name, values in features_of(reader).items()},
        }
        change(columns)
        path = tmp_path / f"reader {reader}.{suffix}"
        if suffix == "parquet":
            pq.write_table(pa.table(columns), path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerows([columns.keys(), *zip(*columns.values(), strict=True)])
        return path

    return write


def rows_of(path: Path) -> dict[str, Mapping[str, Any]]:
    return {row["feature"]: row for row in pq.read_table(path).to_pylist()}


# ---------------------------------------------------------------------------------------------------------- two tables


def test_what_readers_agree_on_may_be_used_and_what_is_all_reader_may_not(table: Write, tmp_path: Path) -> None:
    out = tmp_path / "agreement.parquet"
    said = repeatability(table(1), table(2, suffix="csv"), "--out", out)
    found = rows_of(out)
    assert {name for name, row in found.items() if row["usable"]} == {"wu2018/M1", "wu2018/M3"}
    assert found["wu2018/M1"]["icc_2_1"] == pytest.approx(9 / (9 + 0.09), abs=0.02)
    assert found["wu2018/M2"]["icc_2_1_low"] < found["wu2018/M2"]["icc_2_1"] < found["wu2018/M2"]["icc_2_1_high"] < 0.75
    assert found["wu2018/M4"]["icc_2_1"] is None
    assert found["wu2018/M4"]["reason"] == "it is the same in every lesion"
    assert (said["lesions"], said["features"], said["usable"]) == (LESIONS, 4, 2)


def test_the_list_holds_the_features_and_says_the_rule(table: Write, tmp_path: Path) -> None:
    repeatability(
        table(1), table(2), table(3), "--out", tmp_path / "agreement.csv", "--threshold", "0.85", "--lower-bound"
    )
    said = (tmp_path / "agreement.usable.txt").read_text(encoding="utf-8").splitlines()
    assert said[0] == "# 2 of 4 features that may be used: lower bound of ICC(2,1) above 0.85."
    assert said[1] == "# 40 lesions, reader 1, reader 2, reader 3."
    assert said[2:] == ["wu2018/M1", "wu2018/M3"]
    beside = json.loads((tmp_path / "agreement.csv.json").read_text(encoding="utf-8"))
    assert beside["readings"] == ["reader 1", "reader 2", "reader 3"]


def test_of_two_that_say_the_same_the_one_that_agrees_better_stays(table: Write, tmp_path: Path) -> None:
    """Wu et al.: of correlated features 'the one that showed highest robustness with respect to tumor contour variations'."""
    out = tmp_path / "agreement.parquet"
    repeatability(table(1), table(2), "--out", out, "--redundant", "0.85")
    found = rows_of(out)
    assert found["wu2018/M1"]["usable"]
    assert not found["wu2018/M3"]["usable"]
    assert found["wu2018/M3"]["reason"].startswith("it correlates with wu2018/M1 (0.9")


def test_a_reader_who_always_draws_larger_agrees_by_consistency_only() -> None:
    one = np.random.default_rng(5).normal(size=(LESIONS, 1))
    values = np.stack([one, one + 2 + np.random.default_rng(6).normal(0, 0.1, one.shape)], axis=1)
    both = RepeatedFeatures(("M1",), ("narrow", "wide"), values, {})
    assert [judged(both, Rule(form=form))[0].usable for form in (IccForm.ABSOLUTE, IccForm.CONSISTENT)] == [False, True]


def test_a_feature_that_most_lesions_lack_may_not_be_used(table: Write, tmp_path: Path) -> None:
    def without(columns: dict[str, Any]) -> None:
        columns["wu2018/M1"][:25] = [None] * 25

    out = tmp_path / "agreement.parquet"
    repeatability(table(1, without), table(2), "--out", out)
    row = rows_of(out)["wu2018/M1"]
    assert (row["usable"], row["lesions"], row["reason"]) == (False, 15, "25 of 40 lesions lack it")


@pytest.mark.parametrize("suffix", ["pdf", "svg"])
def test_the_plot_is_vector_and_equal_studies_give_equal_files(table: Write, tmp_path: Path, suffix: str) -> None:
    drawn = []
    for name in ("one", "another"):
        plot = tmp_path / f"{name}.{suffix}"
        repeatability(table(1), table(2), "--out", tmp_path / "agreement.csv", "--plot", plot)
        drawn.append(plot.read_bytes())
    assert drawn[0].startswith(b"%PDF" if suffix == "pdf" else b"<svg")
    assert drawn[0] == drawn[1]
    assert not [mark for mark in (b"<image", b"/Subtype /Image") if mark in drawn[0]]


def test_a_plot_is_no_picture(table: Write, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must end with \.pdf or \.svg"):
        repeatability(table(1), table(2), "--out", tmp_path / "agreement.csv", "--plot", tmp_path / "agreement.png")


# ---------------------------------------------------------------------------------------------------------- bad input


def test_the_same_table_twice_is_told(table: Write, tmp_path: Path) -> None:
    copy = tmp_path / "second.parquet"
    copy.write_bytes(table(1).read_bytes())
    with pytest.raises(BadInput, match="reader 1 and second hold the same number for every lesion"):
        repeatability(table(1), copy, "--out", tmp_path / "agreement.csv")


def test_other_patients_are_refused(table: Write, tmp_path: Path) -> None:
    def others(columns: dict[str, Any]) -> None:
        columns["study_uid"][3:] = [f"1.3.{n}" for n in range(3, LESIONS)]

    with pytest.raises(
        Refused, match=r"^3 lesions were measured by all of reader 1 \(40\), reader 2 \(40\); at least 5"
    ):
        repeatability(table(1), table(2, others), "--out", tmp_path / "agreement.csv")


def test_settings_are_no_readers(table: Write, tmp_path: Path) -> None:
    def other(columns: dict[str, Any]) -> None:
        columns["wu2018_settings_hash"] = ["b2"] * LESIONS

    with pytest.raises(BadInput, match=r"computed under settings b2, those of .* under a1"):
        repeatability(table(1), table(2, other), "--out", tmp_path / "agreement.csv")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["study_uid"].__setitem__(1, "1.2.0"), "1.2.0 has two rows"),
        (lambda c: c.pop("study_uid"), "no column study_uid"),
        (lambda c: c.__setitem__("wu2018/M1", ["much"] * LESIONS), "wu2018/M1 holds something that is no number"),
        (
            lambda c: [c.__setitem__(n.replace("wu", "su"), c.pop(n)) for n in list(c) if "/" in n],
            "no feature in common",
        ),
    ],
    ids=["a study twice", "no studies", "words", "other features"],
)
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_table_that_is_none_is_told(
    change: Callable[[dict[str, Any]], None], said: str, suffix: str, table: Write, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=said):
        repeatability(table(1), table(2, change, suffix), "--out", tmp_path / "agreement.csv")


def test_a_file_that_is_no_table_is_told(table: Write, tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(BadInput, match="it cannot be read"):
        repeatability(table(1), broken, "--out", tmp_path / "agreement.csv")


def test_one_table_alone_is_wrong_usage(table: Write, tmp_path: Path) -> None:
    repeatability(table(1), "--out", tmp_path / "agreement.csv", ends=USAGE)


# ---------------------------------------------------------------------------------------------------------- images


@dataclass(frozen=True)
class DrawnStudy:
    """A phantom in which Rita has drawn the truth and, on another day, a voxel more; Omar a voxel less."""

    study: StudyAt
    patient: PhantomStudy

    def rows(self, repeats: Repeats, at: Path) -> dict[str, Row]:
        """By reading; of a refusal, ''."""
        extracted, rows = self.measured(repeats, at)
        assert not extracted.kept
        return {row.reading: row for row in rows}

    def measured(self, repeats: Repeats, at: Path) -> tuple[Extracted, list[Row]]:
        checkpoints = Checkpoints.beside(at / "agreement.csv")
        request = ExtractionRequest(("wu2018",))
        extracted = MeasureAgain(repeats)(self.study, request, checkpoints, lambda stage, part: None)
        return extracted, list(checkpoints.read(extracted.part) or ())


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DrawnStudy:
    folder = tmp_path_factory.mktemp("drawn")
    patient = make_study(PhantomSpec.small())
    write_study(patient, folder)
    archive = FolderArchive(folder)
    uid = archive.only_study()
    (source,) = assemble(archive.headers(uid))
    truth = patient.truth.lesion
    assert truth is not None
    outlines = {
        "Reader^Rita 20240301": truth,
        "Reader^Rita 20240401": outline_changed(truth, 1),
        "Reader^Omar 20240302": outline_changed(truth, -1),
    }
    for number, (who, mask) in enumerate(outlines.items()):
        name, day = who.rsplit(" ", 1)
        obj = segmentation([Painted(mask)], source.early.headers, made=f"{day} 120000", ContentCreatorName=name)
        obj.save_as(folder / f"drawn {number}.dcm", enforce_file_format=True)
    return DrawnStudy(StudyAt(uid, ArchivePlace(str(folder))), patient)


def test_the_newest_outline_of_each_reader_is_measured(drawn: DrawnStudy, tmp_path: Path) -> None:
    rows = drawn.rows(ReadersOutlines(), tmp_path)
    assert list(rows) == ["Reader Omar", "Reader Rita"]
    volumes = [row.values["wu2018/M1"] for row in rows.values()]
    assert volumes[1] > 1.3 * volumes[0]
    again, kept = drawn.measured(ReadersOutlines(), tmp_path)
    assert again.kept
    assert [row.values for row in kept] == [row.values for row in rows.values()]


def test_sittings_come_in_the_order_of_time(drawn: DrawnStudy, tmp_path: Path) -> None:
    rows = drawn.rows(SittingsOutlines(3), tmp_path)
    truth, less, more = (row.values["wu2018/M1"] for row in rows.values())
    assert less < truth < more


def test_a_study_with_one_reader_is_a_row_that_says_so(drawn: DrawnStudy, tmp_path: Path) -> None:
    (row,) = drawn.rows(ReadersOutlines(("Reader Rita",)), tmp_path).values()
    assert (row.state, row.reason) == ("refused", "The study holds outlines of Reader Rita; two readers are needed.")


@pytest.mark.slow
def test_every_small_change_is_measured_and_moves_the_volume_as_it_must(drawn: DrawnStudy, tmp_path: Path) -> None:
    # Without `shifted`, which is moved like `turned`: each change of the images takes seconds.
    changes = tuple(name for name in PERTURBATIONS if name != "shifted")
    rows = drawn.rows(SmallChanges(changes), tmp_path)
    assert list(rows) == ["unchanged", *changes]
    volume = {name: row.values["wu2018/M1"] for name, row in rows.items()}
    assert volume["narrower"] < volume["unchanged"] < volume["wider"]
    for name in ("displaced", "turned", "noisy"):
        assert volume[name] == pytest.approx(volume["unchanged"], rel=0.05), name
    # The outline stays, and so does its volume; what is in it does not.
    assert volume["noisy"] == volume["unchanged"]
    assert rows["noisy"].values["wu2018/TEX4"] != rows["unchanged"].values["wu2018/TEX4"]


def test_a_lesion_that_a_change_takes_away_is_told(drawn: DrawnStudy) -> None:
    images, breast = phantom_case(drawn.patient.spec).series, drawn.patient.truth.breast
    prepared = PreparedSeries(images, images, breast, None)
    voxel = np.zeros(breast.GetSize()[::-1], bool)
    z, y, x = np.argwhere(mask_of(breast)).mean(axis=0).astype(int)
    voxel[z, y, x] = True
    regions = Regions(breast, breast, (Lesion(1, image_of(voxel, breast), Laterality.LEFT, 1.0),), "", "")
    with pytest.raises(Refused, match="Nothing is left of the lesion with an outline one voxel narrower"):
        perturbed(prepared, regions, PERTURBATIONS["narrower"], PipelineSettings())


def test_too_few_studies_are_refused_with_what_was_left_out(drawn: DrawnStudy, tmp_path: Path) -> None:
    """The command on a folder, as far as one study goes."""
    words = ("--compare", "readers", "--set", "wu2018", "--out", tmp_path / "agreement.csv")
    with pytest.raises(Refused, match=r"1 lesions were measured by all of Reader Omar \(1\), Reader Rita \(1\)"):
        repeatability(drawn.study.place.address, *words)
    with pytest.raises(Refused, match=r"0 lesions .* Left out: 1 refused \(one-outline\)"):
        repeatability(drawn.study.place.address, *words, "--reader", "Reader Rita")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--compare", "changes", "--set", "wu2018", "--change", "bigger"), "no change 'bigger'; known are wider"),
        (("--compare", "changes", "--set", "wu2019"), "no signature 'wu2019'"),
    ],
)
def test_what_is_not_known_is_told(words: tuple[str, ...], said: str, drawn: DrawnStudy, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        repeatability(drawn.study.place.address, *words, "--out", tmp_path / "agreement.csv")
