"""Are two versions' results the same? Every value of the conformance studies and of real exams, bit by bit.

    python tests/compare_results.py make FOLDER [--exams DICOM_FOLDER ...]   # with the one version installed
    python tests/compare_results.py compare FOLDER FOLDER                    # exit 1 and a line for each difference

For changes that must change no number: what names a version (UIDs, hashes, series numbers, the version itself) and the moment of
writing may differ, nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from conformance.cases import CASES
from conformance.written import write
from pydicom import Dataset

ROOT = Path(__file__).resolve().parent.parent
#: Follow from the version or the clock: no measurement is in them.
NAMES_A_VERSION = {
    "input_hash", "measurement_hash", "settings_hash", "pipeline_version", "schema_version", "timings_s", "cpu_s", "objects", "installed",
}  # fmt: skip
_HASH = re.compile(r"\b[0-9a-f]{16}(?:[0-9a-f]{16}|[0-9a-f]{48})?\b")
_VERSION = re.compile(r"\b0\.\d+\.\d+\b")
_UID = re.compile(
    r"\b(?:2\.25\.\d+|[12](?:\.\d+){5,})\b|\bPHANTOM\d{8}\b"
)  # a phantom's accession number is made of its UID
_CLOCKS = {"DA", "TM", "DT"}
_NAMES_IN_OBJECTS = {"SeriesNumber", "EncapsulatedDocumentLength"}


def make(folder: Path, exams: list[Path]) -> None:
    for number, name in enumerate(CASES):
        print(name, flush=True)
        write(name, folder / "conformance" / f"{number:02d}")
    for exam in exams:
        print(exam.name, flush=True)
        out = folder / "exams" / exam.name
        out.mkdir(parents=True)
        program = "import sys; from {}service.cli import main; sys.exit(main())"
        package = "tilscope." if (ROOT / "tilscope").is_dir() else ""
        command = [sys.executable, "-c", program.format(package), "score", str(exam), "--out", str(out), "--json"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        # Read only where there is a result: a refusal is an answer too.
        (out / "answer.json").write_text(ended.stdout)


def compare(left: Path, right: Path) -> list[str]:
    """A line for each thing that differs."""
    files = {path.relative_to(left) for path in left.rglob("*") if path.is_file() and "images" not in path.parts}
    others = {path.relative_to(right) for path in right.rglob("*") if path.is_file() and "images" not in path.parts}
    return list(_differences(left, right, files, others))


def _differences(left: Path, right: Path, files: set[Path], others: set[Path]) -> Iterator[str]:
    before, after = (_by_content(folder, names) for folder, names in ((left, files), (right, others)))
    for key in sorted(before.keys() | after.keys()):
        if key not in before or key not in after:
            yield f"{key}: only {'before' if key in before else 'after'}"
        elif before[key] != after[key]:
            yield f"{key}: {_first_difference(before[key], after[key])}"


def _by_content(folder: Path, names: set[Path]) -> dict[str, Any]:
    """What a file says, under a name that two versions share: objects are named by what they are, not by number or UID."""
    said: dict[str, Any] = {}
    for name in sorted(names):
        path = folder / name
        if path.suffix == ".dcm":
            obj = pydicom.dcmread(path)
            key = f"{name.parent}/{obj.SOPClassUID.name}/{obj.get('SeriesDescription', '')}"
            said[key] = _plain(obj)
        elif path.suffix == ".json":
            said[str(name)] = _without_names(json.loads(path.read_text() or "null"))
        else:
            said[str(name)] = path.read_bytes().hex()
    return said


def _plain(dataset: Dataset) -> dict[str, Any]:
    """A data set without what names a version."""
    values: dict[str, Any] = {}
    for element in dataset:
        if element.VR in _CLOCKS or element.VR == "UI" or element.keyword in _NAMES_IN_OBJECTS:
            continue
        if element.VR == "SQ":
            values[element.name] = [_plain(item) for item in element.value]
        elif element.keyword == "EncapsulatedDocument":
            values[element.name] = _words(_page(bytes(element.value)))
        elif element.VR in {"OB", "OW", "OF", "OD", "OV", "UN"}:
            values[element.name] = bytes(element.value).hex()
        else:
            values[element.name] = _words(str(element.value))
    return values


def _page(pdf: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def _words(text: str) -> str:
    return _VERSION.sub("VERSION", _HASH.sub("HASH", _UID.sub("UID", " ".join(text.split()))))


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_names(one) for key, one in value.items() if key not in NAMES_A_VERSION}
    if isinstance(value, list):
        return [_without_names(one) for one in value]
    return _words(value) if isinstance(value, str) else value


def _first_difference(before: Any, after: Any, place: str = "") -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if before.get(key) != after.get(key):
                return _first_difference(before.get(key), after.get(key), f"{place}/{key}")
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{place}[{number}]")
    one, other = str(before), str(after)
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - 30)
    return f"{place}: {one[start : at + 50]!r} became {other[start : at + 50]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("folder", type=Path)
    making.add_argument("--exams", type=Path, nargs="*", default=[], help="folders of one study each")
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.command == "make":
        make(given.folder, given.exams)
        return 0
    found = compare(given.before, given.after)
    print("\n".join(found) or "the same")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
