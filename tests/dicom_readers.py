"""Readers of DICOM that share nothing with what wrote it: dicom3tools, dcmqi, dcmtk, poppler.

Each takes a file and gives plain values, for any test that looks at a result object from outside.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from conformance.allowed import unexplained
from matplotlib.path import Path as MplPath
from PIL import Image
from pydicom import Dataset

#: dcmqi's programs lie beside the interpreter.
_BESIDE_PYTHON = Path(sys.executable).parent


def saved(obj: Dataset, folder: Path) -> Path:
    """The object as a DICOM file, as an archive would receive it."""
    path = folder / f"{obj.Modality}-{obj.SeriesNumber}.dcm"
    obj.save_as(path, enforce_file_format=True)
    return path


def _run(*command: str | Path) -> str:
    """Both streams. dcmtk and dcmqi exit non-zero when they cannot read; dciodvfy's status says nothing."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [str(c) for c in command],
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    if done.returncode and str(command[0]) not in ("dciodvfy", "dcentvfy"):
        raise AssertionError(f"{command[0]} failed ({done.returncode}):\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


# -------------------------------------------------------------------------------------------------------- conformance


def conformance_errors(path: Path) -> list[str]:
    """dciodvfy's errors that are not on the suite's list."""
    return unexplained("dciodvfy", (line for line in validator_lines(path) if line.startswith("Error")))


def validator_lines(path: Path) -> list[str]:
    """Every error and warning of dciodvfy about one file."""
    said = _run("dciodvfy", path)
    assert said.strip(), "dciodvfy said nothing at all"
    return _complaints(said, ("Error", "Warning"))


def presentation_complaints(path: Path) -> list[str]:
    """Of what dcmpschk finds something wrong in a presentation state. It knows no date with a time zone, which PS3.5 allows,
    and no name in other letters; how names are read is tested with other programs."""
    said = _run("dcmpschk", path)
    assert "Test passed" in said or "Test failed" in said, said
    affected = [line for line in said.splitlines() if "Affected attribute" in line]
    assert affected or "Test passed" in said, said
    return [line for line in affected if "ContributionDateTime" not in line and "PatientName" not in line]


def entity_lines(paths: Sequence[Path], folder: Path) -> list[str]:
    """What dcentvfy finds contradictory between the files of a study."""
    listed = folder / "files.txt"
    listed.write_text("".join(f"{path}\n" for path in paths))
    said = _run("dcentvfy", "-filelist", listed)
    assert "File open" not in said, said
    return _complaints(said, ("Error", "Warning", "Abort"))


def _complaints(said: str, words: tuple[str, ...]) -> list[str]:
    return [line.strip() for line in said.splitlines() if line.strip().startswith(words)]


# ---------------------------------------------------------------------------------------------------------- any object


def dump_complaints(path: Path) -> list[str]:
    """What dcmtk's parser stumbles over in any file."""
    return _complaints(_run("dcmdump", path), ("W:", "E:", "F:"))


def as_json(path: Path) -> dict[str, Any]:
    """The DICOM JSON model of any file, by dcmtk."""
    whole: dict[str, Any] = json.loads(_run("dcm2json", path))
    return whole


# ------------------------------------------------------------------------------------------------------- segmentation


@dataclass(frozen=True, eq=False)
class ReadSegment:
    """A segment as dcmqi gives it: its description, and its mask of 0 and 1."""

    facts: dict[str, Any]
    image: sitk.Image

    def on(self, grid: sitk.Image) -> sitk.Image:
        """On another grid; it must be the same lattice, so each voxel falls on a voxel."""
        return sitk.Resample(self.image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)


def read_segments(path: Path, folder: Path) -> dict[int, ReadSegment]:
    """Segment number -> segment, by dcmqi's segimage2itkimage."""
    folder.mkdir(parents=True, exist_ok=True)
    _run(_BESIDE_PYTHON / "segimage2itkimage", "--inputDICOM", path, "--outputDirectory", folder, "-t", "nrrd")
    meta = json.loads((folder / "meta.json").read_text())
    found: dict[int, ReadSegment] = {}
    # A file for each mask of a BINARY object, one for all of a label map; dcmqi paints each segment with its number.
    for file, group in enumerate(meta["segmentAttributes"], start=1):
        painted = sitk.ReadImage(str(folder / f"{file}.nrrd"))
        for facts in group:
            number = int(facts["labelID"])
            found[number] = ReadSegment(facts, painted == number)
    return found


# ---------------------------------------------------------------------------------------------------- maps and pictures


def read_map(path: Path, folder: Path) -> sitk.Image:
    """A parametric map in patient space, by dcmqi's paramap2itkimage."""
    folder.mkdir(parents=True, exist_ok=True)
    _run(_BESIDE_PYTHON / "paramap2itkimage", "--inputDICOM", path, "--outputDirectory", folder, "-t", "nrrd")
    (found,) = folder.glob("*.nrrd")
    return sitk.ReadImage(str(found))


def frames_of_picture(path: Path, folder: Path) -> list[np.ndarray]:
    """Every frame of a picture as dcmtk draws it: [row, column, RGB]."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("dcmj2pnm", "+op", "+Fa", path, folder / "frame")
    drawn = []
    for one in sorted(folder.glob("frame.*"), key=lambda file: int(file.name.split(".")[1])):
        with Image.open(one) as picture:
            drawn.append(np.asarray(picture.convert("RGB")))
    return drawn


# ------------------------------------------------------------------------------------------------------------- report


def read_report(path: Path, folder: Path) -> dict[str, Any]:
    """A TID 1500 report as dcmqi's tid1500reader understands it."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "report.json"
    _run(_BESIDE_PYTHON / "tid1500reader", "--inputDICOM", path, "--outputMetadata", out)
    whole: dict[str, Any] = json.loads(out.read_text())
    return whole


def numbers_of_group(group: dict[str, Any]) -> list[float | None]:
    """One measurement group's values, None where it says that there is none."""
    return [float(item["value"]) if item["value"] else None for item in group.get("measurementItems", ())]


def numbers_of_report(read: dict[str, Any]) -> dict[str, list[float | None]]:
    """Every number of a report that dcmqi has read, group by group."""
    return {group["TrackingIdentifier"]: numbers_of_group(group) for group in read["Measurements"]}


def numbers_of_result(result: dict[str, Any]) -> dict[str, list[float | None]]:
    """The same of one dynamic series in result.json, in the report's order: features last."""
    described = result["description"] or {"lesions": [], "breasts": []}
    more = {one["number"]: [m["value"] for m in one["measurements"]] for one in described["lesions"]}
    expected = {
        f"Lesion {lesion['number']}": [
            *(m["value"] for m in lesion["measurements"]),
            *more.get(lesion["number"], []),
            lesion["confidence"],
        ]
        for lesion in result["lesions"]
    }
    # The breast's volume, and what is measured of its glands, each with its segment.
    expected["Breast"], expected["FGT"] = (
        [m["value"] for m in result["breast"] if (m["id"] == "breast_volume") is whole] for whole in (True, False)
    )
    for breast in described["breasts"]:
        side = {"L": "Left", "R": "Right"}[breast["laterality"]]
        expected[f"{side} breast, described"] = [m["value"] for m in breast["measurements"]]
    for signature in result["signatures"]:
        scores = [signature["score"]["value"]] if signature["score"] else []
        scores += [m["value"] for m in signature["further_scores"]]
        scores += [] if signature["percentile"] is None else [signature["percentile"]]
        expected[f"{signature['id']} of Lesion 1"] = scores
    for signature in result["signatures"]:
        if signature["features"]:
            expected[f"{signature['id']} features of Lesion 1"] = [m["value"] for m in signature["features"]]
    return expected


def dumped_numbers(path: Path) -> list[float | None]:
    """Every number of a report as dcmtk reads it, in the order of the report."""
    values: list[float | None] = []
    for line in report_lines(path):
        if found := re.search(r'<contains NUM:\(.*?\)=(?:"([^"]*)"|(empty))', line):
            values.append(None if found.group(2) else float(found.group(1)))
    return values


def report_complaints(path: Path) -> list[str]:
    """What dcmtk finds wrong with a structured report or key object selection."""
    return _complaints(_run("dsrdump", path), ("W:", "E:", "F:"))


def report_lines(path: Path) -> list[str]:
    """dcmtk's dsrdump: the whole tree, codes and long texts in full."""
    return _run("dsrdump", "-Ec", "+Pl", "+Pc", "+Pu", path).splitlines()


# ---------------------------------------------------------------------------------------------------------------- page


def page_text(obj: Dataset, folder: Path) -> str:
    """What can be read on the encapsulated page, by poppler."""
    path = folder / "page.pdf"
    path.write_bytes(obj.EncapsulatedDocument[: obj.EncapsulatedDocumentLength])
    return pdf_text(path)


def page_inside(path: Path, folder: Path) -> Path:
    """The encapsulated PDF as dcmtk takes it out of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("dcm2pdf", path, folder / "page.pdf")
    return folder / "page.pdf"


def pdf_text(path: Path) -> str:
    return _run("pdftotext", "-layout", path, "-")


def letter_heights(path: Path, word: str) -> list[float]:
    """How high the letters of a word are on the page, in points; of every place where it stands."""
    found = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)<', _run("pdftotext", "-bbox", path, "-"))
    return [float(lower) - float(upper) for upper, lower, words in found if words == word]


def pdf_facts(path: Path) -> dict[str, str]:
    """What pdfinfo tells of a file."""
    lines = _run("pdfinfo", path).splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def page_picture(pdf: Path, dots_per_inch: int, folder: Path, page: int = 1) -> np.ndarray:
    """One page as poppler draws it: [row, column, RGB]."""
    _run("pdftoppm", "-r", str(dots_per_inch), "-f", str(page), "-png", "-singlefile", pdf, folder / "drawn")
    with Image.open(folder / "drawn.png") as picture:
        return np.asarray(picture.convert("RGB"))


def page_count(obj: Dataset, folder: Path) -> int:
    path = folder / "page.pdf"
    path.write_bytes(obj.EncapsulatedDocument[: obj.EncapsulatedDocumentLength])
    found = re.search(r"^Pages:\s+(\d+)", _run("pdfinfo", path), re.MULTILINE)
    assert found, "pdfinfo found no pages"
    return int(found.group(1))


# ------------------------------------------------------------------------------------------------------ structure sets


def dumped_plan_object(path: Path) -> str:
    """What dcmtk's drtdump tells, which parses every sequence of the object by its class."""
    said = _run("drtdump", path)
    assert not _complaints(said, ("E:", "F:")), said
    return said


def filled(region: Dataset, grid: sitk.Image) -> np.ndarray:
    """True where a voxel's centre lies inside an odd number of a region's contours, by matplotlib; [z, y, x]."""
    columns, rows, slices = grid.GetSize()
    inside = np.zeros((slices, rows, columns), bool)
    centres = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    for contour in region.ContourSequence:
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        index = np.array([grid.TransformPhysicalPointToContinuousIndex(point) for point in points.tolist()])
        (k,) = set(np.rint(index[:, 2]).astype(int))
        inside[k] ^= MplPath(index[:, :2]).contains_points(centres).reshape(rows, columns)
    return inside
