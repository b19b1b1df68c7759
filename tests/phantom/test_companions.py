"""The series beside the dynamic one: those that repeat its positions are the traps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from tilscope.phantom import PhantomStudy, write_study


def test_a_crowded_study_repeats_positions_in_many_ways(tiny: PhantomStudy, tmp_path: Path) -> None:
    files = write_study(tiny, tmp_path, "crowded-study")
    truth = json.loads((tmp_path / "truth" / "truth.json").read_text())
    by_kind: dict[str, list[Dataset]] = {}
    kinds = {one["series_instance_uid"]: one["kind"] for one in truth["series"]}
    for file in files:
        header = pydicom.dcmread(file)
        by_kind.setdefault(kinds[header.SeriesInstanceUID], []).append(header)
    places = {tuple(h.ImagePositionPatient) for h in by_kind["dynamic"]}
    for kind, repeats in (("DWI", 4), ("Dixon", 2), ("T1", 1), ("subtractions", 3), ("PE1 map", 1), ("SER map", 1)):
        assert {tuple(h.ImagePositionPatient) for h in by_kind[kind]} == places, kind
        assert len(by_kind[kind]) == repeats * len(places), kind
    assert {h.DiffusionBValue for h in by_kind["DWI"]} == {0, 100, 600, 800}
    brightness = [
        np.mean([h.pixel_array for h in by_kind["DWI"] if h.DiffusionBValue == b]) for b in (0, 100, 600, 800)
    ]
    assert brightness == sorted(brightness, reverse=True)
    assert {(h.EchoNumbers, h.EchoTime) for h in by_kind["Dixon"]} == {(1, 2.38), (2, 4.76)}
    assert {h.SeriesDescription for h in by_kind["subtractions"]} == {"(2)-(1)", "(3)-(1)", "(4)-(1)"}
    assert {tuple(h.ImageType) for h in by_kind["SER map"]} == {("DERIVED", "PRIMARY", "DCE", "SER")}
    assert len({tuple(h.ImagePositionPatient) for h in by_kind["MIP"]}) == 1
    assert len({h.SOPInstanceUID for h in (x for group in by_kind.values() for x in group)}) == len(files)


def test_an_unknown_companion_is_told_which_there_are(tiny: PhantomStudy, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="DWI, Dixon"):
        write_study(tiny, tmp_path, companions=["DTI"])
