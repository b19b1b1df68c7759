"""Whatever the transfer syntax and the way of storing, the pixels are the very same."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset

from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.phantom.jpeg_lossless import encode
from tilscope.phantom.pixels import STORAGES, SYNTAXES

#: Read by dcmtk too, which shares no code with pydicom and its libraries; it has no JPEG 2000.
READ_BY_DCMTK = {"rle": "dcmdrle", "jpeg-lossless": "dcmdjpeg", "jpeg-ls": "dcmdjpls"}


@pytest.fixture(scope="module")
def thin() -> PhantomStudy:
    """Four coarse slices in three phases: pixels enough for a codec."""
    spec = replace(
        PhantomSpec.small(), matrix=(64, 48, 4), spacing_mm=(5.6, 5.6, 20.0), phase_starts_s=(-210.0, 0.0, 360.0)
    )
    return make_study(spec)


def first_phase(folder: Path) -> list[Dataset]:
    truth = json.loads((folder / "truth" / "truth.json").read_text())
    return [pydicom.dcmread(folder / name) for name in truth["phases"][0]["files"]]


@pytest.mark.parametrize("stored", STORAGES)
@pytest.mark.parametrize("syntax", [s for s in SYNTAXES if s != "explicit-le"])
def test_every_syntax_decodes_to_the_same_pixels(syntax: str, stored: str, thin: PhantomStudy, tmp_path: Path) -> None:
    write_study(thin, tmp_path / "plain", companions=False, stored=stored)
    write_study(thin, tmp_path / "coded", companions=False, stored=stored, syntax=syntax)
    for plain, coded in zip(first_phase(tmp_path / "plain"), first_phase(tmp_path / "coded"), strict=True):
        assert coded.file_meta.TransferSyntaxUID == SYNTAXES[syntax]
        assert coded.SOPInstanceUID == plain.SOPInstanceUID, "a lossless coding is the same image (PS3.5 A.4)"
        assert coded.pixel_array.dtype.kind == plain.pixel_array.dtype.kind
        assert np.array_equal(coded.pixel_array, plain.pixel_array)


@pytest.mark.parametrize("layout", ["one-series", "philips-enhanced"])
@pytest.mark.parametrize("syntax", READ_BY_DCMTK)
def test_dcmtk_decodes_them_too(syntax: str, layout: str, thin: PhantomStudy, tmp_path: Path) -> None:
    plain = write_study(thin, tmp_path / "plain", layout, companions=False)[0]
    coded = write_study(thin, tmp_path / "coded", layout, companions=False, syntax=syntax)[0]
    out = tmp_path / "decoded.dcm"
    subprocess.run([READ_BY_DCMTK[syntax], str(coded), str(out)], check=True, capture_output=True)
    assert pydicom.dcmread(out).PixelData == pydicom.dcmread(plain).PixelData


@pytest.mark.parametrize("syntax", ["jpeg-2000", "jpeg-lossless", "deflated", "explicit-be"])
def test_gdcm_decodes_a_compressed_phase(syntax: str, thin: PhantomStudy, tmp_path: Path) -> None:
    file = write_study(thin, tmp_path, companions=False, syntax=syntax)[2]
    read = sitk.GetArrayFromImage(sitk.ReadImage(str(file)))[0]
    assert np.array_equal(read, np.rint(sitk.GetArrayFromImage(thin.phases[0])[2]))


@pytest.mark.parametrize(("stored", "bits", "signed"), [("12-bit", 12, 0), ("8-bit", 8, 0), ("signed-16-bit", 16, 1)])
def test_the_rescale_leads_back_to_the_signal(
    stored: str, bits: int, signed: int, thin: PhantomStudy, tmp_path: Path
) -> None:
    write_study(thin, tmp_path, companions=False, stored=stored)
    images = first_phase(tmp_path)
    assert {(i.BitsStored, i.HighBit, i.PixelRepresentation) for i in images} == {(bits, bits - 1, signed)}
    slope, intercept = (float(images[0].get(k, d)) for k, d in (("RescaleSlope", 1), ("RescaleIntercept", 0)))
    volume = np.stack([i.pixel_array for i in images]) * slope + intercept
    assert np.abs(volume - sitk.GetArrayFromImage(thin.phases[0])).max() <= slope / 2 + 1e-3
    if signed:
        assert min(i.pixel_array.min() for i in images) < 0, "there are negative stored values"


@pytest.mark.parametrize(("precision", "kind"), [(8, np.uint8), (12, np.uint16), (16, np.uint16)])
def test_lossless_jpeg_of_noise_flat_and_extreme_frames(precision: int, kind: type, tmp_path: Path) -> None:
    highest = (1 << precision) - 1
    random = np.random.default_rng(precision)
    steps = np.zeros((33, 47), kind)
    steps[::2, ::3] = highest
    single = np.zeros((16, 16), kind)
    single[7, 5] = 1 << (precision - 1)
    frames = [random.integers(0, highest + 1, (40, 31)).astype(kind), np.full((9, 8), highest, kind), steps, single]
    for frame in frames:
        image = Dataset()
        image.file_meta = pydicom.dataset.FileMetaDataset()
        image.file_meta.TransferSyntaxUID = SYNTAXES["jpeg-lossless"]
        image.Rows, image.Columns = frame.shape
        image.BitsAllocated, image.BitsStored = frame.dtype.itemsize * 8, precision
        image.HighBit, image.PixelRepresentation, image.SamplesPerPixel = precision - 1, 0, 1
        image.PhotometricInterpretation = "MONOCHROME2"
        image.PixelData = pydicom.encaps.encapsulate([encode(frame, precision)])
        assert np.array_equal(image.pixel_array, frame)


def test_unknown_names_are_told_which_there_are(thin: PhantomStudy, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="explicit-le, implicit-le"):
        write_study(thin, tmp_path, syntax="jpeg")
    with pytest.raises(ValueError, match="16-bit, 12-bit"):
        write_study(thin, tmp_path, stored="14-bit")
    assert not (tmp_path / "dicom").exists(), "nothing is written before the request is understood"
