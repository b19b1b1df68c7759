"""The trial's functional tumour volume of one study, in a box given in patient millimetres."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.phases_alike import leave_out_unlike
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.kinetics.ftv import BoxMm, FunctionalTumourVolume, functional_tumour_volume
from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.inspect_study import inspect_study


def measure_ftv(
    archive: Archive,
    study_uid: str,
    corners_mm: Sequence[float],
    background: float | None,
    settings: PipelineSettings,
) -> dict[str, Any]:
    """The volumes as plain values for a table or JSON. Phases are taken as acquired: the trial corrected nothing."""
    sources = inspect_study(archive, study_uid, settings).assembly.require_sources()
    x0, y0, z0, x1, y1, z1 = corners_mm
    box = BoxMm((x0, y0, z0), (x1, y1, z1))
    reached = []
    for source in sources:  # of a pair, the breast that the box is in
        with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
            files = archive.fetch(study_uid, source.files_needed, Path(folder), lambda done, total: None)
            alike = leave_out_unlike(source, read_series(source, files), settings.timing)
        source, series = alike.source, alike.series
        volume = functional_tumour_volume(series.pre, series.early, series.late, box, settings.ftv, background)
        if volume.voi_voxels:
            break
        reached.append("from {} to {}".format(*_extent(series.grid)))
    else:
        raise BadInput("empty-box", box=",".join(f"{c:g}" for c in corners_mm), reach=" and ".join(reached))
    times = [
        f"{source.roles.name(i)} at {phase.time_s:+.0f} s"
        for i, phase in enumerate(source.phases)
        if source.roles.name(i)
    ]
    return {
        "study_uid": study_uid,
        "phases": ", ".join(times),
        "background": volume.background,
        "background_source": volume.background_origin,
        "box_voxels": volume.voi_voxels,
        "voxel_cc": volume.voxel_cc,
        "volumes": _rows(volume, settings),
    }


def _extent(image: sitk.Image) -> tuple[str, str]:
    """The corners of the image in the patient, as --box-mm takes them."""
    ends = itertools.product(*((0, size - 1) for size in image.GetSize()))
    corners = [image.TransformIndexToPhysicalPoint(end) for end in ends]
    low, high = ([pick(c[axis] for c in corners) for axis in range(3)] for pick in (min, max))
    return ",".join(f"{v:.0f}" for v in low), ",".join(f"{v:.0f}" for v in high)


def _rows(volume: FunctionalTumourVolume, settings: PipelineSettings) -> list[dict[str, Any]]:
    rows = [
        ("ftv_pe", f"PE >= {settings.ftv.pe_threshold_percent:g} %", volume.pe_voxels),
        ("ftv_ser", f"SER > {settings.ftv.ser_threshold:g}", volume.ser_voxels),
    ]
    rows += [(f"ser_{b.low:g}_{b.high:g}", f"SER {b.low:g} to {b.high:g}", b.voxels) for b in volume.bins]
    return [{"id": id, "name": name, "voxels": n, "cc": n * volume.voxel_cc} for id, name, n in rows]
