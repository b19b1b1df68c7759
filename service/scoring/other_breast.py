"""The other breast of a pair, asked where one breast by itself cannot tell background from tumour."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.injection_time import place_injection
from tilscope.dicom_io.dce.phases_alike import leave_out_unlike
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.lesions.classical import gland_level
from tilscope.models.lesions.surroundings import Level
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
        try:
            alike = leave_out_unlike(other, read_series(other, files), settings.timing)
            _, series = place_injection(alike.source, alike.series, settings.timing)
            return gland_level(prepare(series, as_acquired))
        except Refused:
            # What refuses the other breast is told when that one is scored, and refuses not this one.
            return None
