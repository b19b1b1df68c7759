"""Real dynamic series of other organs: their phases are found and listed, and none is taken for a breast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import Assembly, inspect

#: Slices, middle of each phase in seconds, and what the refusal says.
SERIES = {
    "siemens_fl3d_kidney": (3, [-1, 1, 4], "it has only 3 slice positions"),
    "philips_classic": (32, [-5, 5, 14, 23], "not a fast gradient echo (TR 4550 ms)"),
    "philips_enhanced": (28, [-17, 17, 51, 85, 119, 152, 186, 220], "not a fast gradient echo (TR 4234.06 ms)"),
}


def inspected(folder: Path) -> Assembly:
    archive = FolderArchive(folder)
    return inspect(archive.headers(archive.only_study()))


@pytest.mark.parametrize(("name", "expected"), SERIES.items())
def test_it_is_refused_as_no_breast_and_its_phases_are_listed(
    dynamic_series: Callable[[str], Path], name: str, expected
) -> None:
    slices, times, why = expected
    assembly = inspected(dynamic_series(name))
    assert assembly.refusal is not None
    assert assembly.refusal.code == "not-a-breast-dynamic"
    assert why in str(assembly.refusal)
    (found,) = assembly.dynamic_series
    assert found.source is None
    assert found.times is not None
    assert [round(t) for t in found.times.mid_s] == times
    assert {len(volume.slices) for volume in found.candidate.volumes} == {slices}
    assert not found.shows_breast
    finding = assembly.findings[0]
    assert finding.used_as == ""
    assert finding.refused_as == f"phases {', '.join(str(n + 1) for n in range(len(times)))}"
    assert "no MR image" not in finding.reason
