"""The input of a study as it is in the archive now, by name; and the promise that nothing is stored on an input of the past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.dicom_io.archives.passed_on import PassedOn
from tilscope.models import PIPELINE_VERSION
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.models.short_hash import hash_of_facts
from tilscope.models.signatures.base import Molecular
from tilscope.service.scoring.guidance import lesion_annotations, manual_rois_of
from tilscope.service.scoring.input_changed import InputChanged
from tilscope.service.scoring.inputs import input_hash, with_digests
from tilscope.service.scoring.inspect_study import InspectedStudy


def hash_of_study(
    archive: Archive,
    inspection: InspectedStudy,
    study_uid: str,
    settings: PipelineSettings,
    steering: Steering | None,
    molecular: Molecular,
) -> str:
    """The input hash that scoring the study would give."""
    if inspection.assembly.refusal is None:
        manual_rois = manual_rois_of(archive, study_uid)
        sources = with_digests(archive, inspection.assembly.require_sources(), manual_rois)
        return input_hash(sources, settings, lesion_annotations(manual_rois, steering), molecular)
    return hash_of_files(study_uid, archive.input_files(study_uid), settings)


def hash_of_files(study_uid: str, files: Iterable[str], settings: PipelineSettings) -> str:
    """Stands in for the input hash where there is no dynamic series to take it from."""
    return hash_of_facts(["incomplete", PIPELINE_VERSION, settings.digest(), study_uid, *sorted(files)], 32)


class HeldInput(PassedOn):
    """The archive of a study that is being scored: it stores only while the input is the one that the run began with.

    A study deleted meanwhile does not come back as a ghost of result objects, and images that were replaced meanwhile get
    no objects of those before. What else arrives in the study does not matter.
    """

    def __init__(self, archive: Archive, study_uid: str, name: str, name_now: Callable[[], str]) -> None:
        """`name` is the input hash at the beginning; `name_now` reads it anew, which is done only where files differ."""
        super().__init__(archive)
        self._study_uid, self._name, self._name_now = study_uid, name, name_now
        self._files = archive.input_files(study_uid)

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        try:
            return super().fetch(study_uid, instance_uids, folder, tick)
        except Exception:
            self.check()  # that it is gone says more than that an image of it could not be had
            raise

    def store(self, objects: Iterable[Dataset]) -> None:
        self.check()
        super().store(objects)

    def check(self) -> None:
        """Raise `InputChanged`, or BadInput if the study is gone."""
        files = self.input_files(self._study_uid)
        if files == self._files:
            return
        if not files:
            raise BadInput("no-such-study", study=self._study_uid)
        if self._name_now() != self._name:
            raise InputChanged(self._study_uid)
        self._files = files
