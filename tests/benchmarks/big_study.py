"""How much memory and time a study takes to be read: `python tests/benchmarks/big_study.py [--json]`.

Writes a study of the largest size seen in the public collections (512 x 512 x 160 x 8, 671 MB of pixels) into a
temporary folder, reads it in a process of its own and removes it. SimpleITK's memory is seen by no Python tool, so the
process's resident memory is what counts, above what interpreter and libraries take themselves.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pydicom.uid import ExplicitVRLittleEndian

TESTS = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    from benchmarks import this_checkout

    this_checkout.use()

from mr_headers import one_series  # noqa: E402

from tilscope.dicom_io.archives.folder import FolderArchive  # noqa: E402
from tilscope.dicom_io.dce.assembly import assemble  # noqa: E402
from tilscope.dicom_io.dce.volumes import read_series  # noqa: E402

#: Rows and columns, slices, phases.
LARGEST_SEEN = (512, 160, 8)


def write(folder: Path, size: int, slices: int, phases: int) -> None:
    """A study in 16 bits, one file a slice. Its pixels are noise, shifted from slice to slice."""
    noise = np.random.default_rng(1).integers(0, 4096, (size, size), np.int16)
    starts = [0.0, *(200.0 + 90 * post for post in range(phases - 1))]
    for number, header in enumerate(one_series(starts, slices, Rows=size, Columns=size)):
        header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
        header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 16, 15, 1
        header.PixelData = np.roll(noise, number, axis=1).tobytes()
        header.ensure_file_meta()
        header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        header.save_as(folder / f"{number:05d}.dcm", enforce_file_format=True)


def measure(folder: Path) -> dict[str, float]:
    """What it takes to read a written study, in a fresh process."""
    answer = subprocess.run(
        [sys.executable, __file__, "--read", str(folder)], capture_output=True, text=True, check=True, timeout=600
    )
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def read(folder: Path) -> dict[str, float]:
    """Read it here, and tell the memory that it took at most."""
    # The decoders are loaded when the first image is decoded: their weight is not the study's.
    import pydicom

    pydicom.dcmread(next(folder.iterdir())).pixel_array  # noqa: B018
    base = bytes_of("VmRSS")
    begun = time.perf_counter()
    archive = FolderArchive(folder)
    study = archive.only_study()
    headers_read = time.perf_counter()
    (source,) = assemble(archive.headers(study))
    assembled = time.perf_counter()
    series = read_series(source, archive.fetch(study, source.files_needed, folder, lambda done, total: None))
    done = time.perf_counter()
    first = source.phases[0].headers
    pixels = len(series.phases) * len(first) * int(first[0].Rows) * int(first[0].Columns) * 2
    peak = bytes_of("VmHWM") - base
    return {
        "pixel_bytes": pixels,
        "peak_bytes": peak,
        "ratio": round(peak / pixels, 3),
        "headers_s": round(headers_read - begun, 3),
        "assembly_s": round(assembled - headers_read, 3),
        "reading_s": round(done - assembled, 3),
    }


def bytes_of(what: str) -> int:
    """Bytes, from the kernel's account of this process (unlike getrusage, it starts anew with the program)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--read", type=Path, metavar="FOLDER", help="read a study that is there, in this process")
    for name, default in zip(("size", "slices", "phases"), LARGEST_SEEN, strict=True):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    if given.read:
        print(json.dumps(read(given.read)))
        return
    with tempfile.TemporaryDirectory(prefix="tilscope-big-") as folder:
        write(Path(folder), given.size, given.slices, given.phases)
        found = measure(Path(folder))
    if given.json:
        print(json.dumps(found))
        return
    print(
        f"{given.size} x {given.size} x {given.slices} x {given.phases}: {found['pixel_bytes'] / 1e6:.0f} MB of pixels"
    )
    print(f"at most {found['peak_bytes'] / 1e6:.0f} MB of memory, {found['ratio']:.2f} times the pixels (allowed: 1.5)")
    print(
        f"{found['headers_s']:.1f} s to read the headers, {found['assembly_s']:.2f} s to find the phases, "
        f"{found['reading_s']:.1f} s to read the pixels"
    )


if __name__ == "__main__":
    main()
