"""The measurement of what TILscope costs while images arrive: it stores what it says. Times are nobody's promise here."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.ingest import Round, figures_of, measured
from orthanc_server import INSTALLED


@pytest.mark.skipif(not INSTALLED.present, reason="Orthanc is not installed here")
def test_it_sends_the_same_to_both(tmp_path: Path) -> None:
    found = measured(tmp_path, instances=20, rounds=1, quiet_s=1.0)
    assert {name: [one.instances for one in rounds] for name, rounds in found.items()} == {
        "alone": [20],
        "with TILscope": [20],
    }
    assert found["alone"][0].service_cpu_s == 0.0
    assert found["with TILscope"][0].service_cpu_s >= 0.0


def test_the_two_that_have_a_bar() -> None:
    alone = [Round(100, 1.0, 0.5, 0.0), Round(100, 2.0, 0.5, 0.0), Round(100, 4.0, 1.0, 0.0)]
    ours = [Round(100, 2.0, 0.5, 0.1), Round(100, 2.0, 0.5, 0.05), Round(100, 4.0, 1.0, 0.1)]
    figures = figures_of({"alone": alone, "with TILscope": ours})
    assert figures["ingest"] == 1.0
    assert figures["cpu"] == pytest.approx(1.1)
    assert figures["instances_a_second"] == {"alone": 50.0, "with TILscope": 50.0}
