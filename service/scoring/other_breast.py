"""The other breast of a pair, asked where one breast by itself cannot tell background from tumour."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.injection_time import place_injection
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.lesions.background import Level
from tilscope.models.lesions.classical import gland_level
from tilscope.models.preparation.prepare import prepare
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings


def level_of_other_breast(archive: Archive, other: DceSource, settings: PipelineSettings) -> Level | None:
    """What the gland of the other breast takes up; None where its images do not tell.

    Motion is left in them: it blurs the gland's border and hardly changes what the gland reaches.
    """
    as_acquired = replace(settings, motion=replace(settings.motion, register=False))
    with tempfile.TemporaryDirectory(prefix="tilscope-") as folder:
        files = archive.fetch(other.study_uid, other.files_needed, Path(folder), lambda done, total: None)
        series = read_series(other, files)
    _, series = place_injection(other, series, settings.timing)
    try:
        return gland_level(prepare(series, as_acquired))
    except Refused:
        return None
