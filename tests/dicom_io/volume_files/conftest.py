"""One small phantom study as DICOM and as NIfTI, made once for all tests that only look."""

from __future__ import annotations

import pytest
from conformance.studies import TINY, phantom
from volume_study import BothWays, series_in, write_case

from tilscope.phantom import write_study


@pytest.fixture(scope="session")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> BothWays:
    """Not to be written to."""
    folder = tmp_path_factory.mktemp("both")
    write_study(phantom(TINY), folder, companions=False)
    series = series_in(folder / "dicom")
    write_case(series, folder / "volumes")
    return BothWays(folder / "dicom", folder / "volumes", series)
