"""One real exam as four archives hold it: the same phases in each, each breast its own, and the T1 named for what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from a03m_exam import STORAGES, stored

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import Assembly, inspect
from tilscope.dicom_io.dce.phases_alike import leave_out_unlike
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.imaging.series import PhaseRoles
from tilscope.models.settings import TimingSettings

#: Middle of each phase: the injection is taken to be the start of the first one after contrast.
TIMES = [-130, 50, 150, 250, 350, 450]
#: Slices by the breasts that a series shows.
SLICES = {"both": 96, "right": 46, "left": 50}
SHOWN = {"bilateral": ["both"], "trigger": ["both"], "split": ["right", "left"], "copies": ["both"]}


@pytest.fixture(scope="module", params=STORAGES)
def storage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def assembly(a03m: Path, storage: str, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    archive = FolderArchive(stored(a03m, storage, tmp_path_factory.mktemp(storage)))
    return inspect(archive.headers(archive.only_study()))


def test_the_phases_are_the_same_in_every_storage(assembly: Assembly, storage: str) -> None:
    sources = assembly.require_sources()
    assert [source.laterality.word for source in sources] == SHOWN[storage]
    for source in sources:
        assert [phase.time_s for phase in source.phases] == TIMES
        assert source.roles == PhaseRoles(pre=0, early=2, late=5)
        assert {len(phase.headers) for phase in source.phases} == {SLICES[source.laterality.word]}
        assert source.time_zero_assumed


def test_the_t1_is_named_for_what_it_is(assembly: Assembly) -> None:
    (t1,) = [finding for finding in assembly.findings if finding.number == "5"]
    assert t1.used_as == ""
    assert t1.reason.startswith("T1 without fat suppression, not part of the dynamic series, which has it")


def test_copies_are_told_from_the_other_breast(assembly: Assembly, storage: str) -> None:
    copies = [finding.number for finding in assembly.findings if "a copy of series" in finding.reason]
    assert len(copies) == (12 if storage == "copies" else 0)


def test_without_a_word_in_the_headers_the_pixels_tell_the_t1(a03m: Path, tmp_path: Path) -> None:
    archive = FolderArchive(stored(a03m, "split", tmp_path))
    study = archive.only_study()
    headers = archive.headers(study)
    for header in headers:
        del header.ScanOptions
    files = archive.fetch(study, [str(h.SOPInstanceUID) for h in headers], tmp_path, lambda done, total: None)
    for source in inspect(headers).require_sources():
        assert len(source.phases) == 7
        alike = leave_out_unlike(source, read_series(source, files), TimingSettings())
        assert [phase.time_s for phase in alike.source.phases] == TIMES
        assert [phase.time_s for phase in alike.series.phases] == TIMES
        (left_out,) = alike.left_out
        assert left_out.sentence.startswith("A volume of series 5 (SAG T1) was left out of the dynamic series")
