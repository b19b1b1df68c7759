"""A finished result that waits goes into the archive, if the study is still what it was computed from."""

from __future__ import annotations

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.models.imaging.series import Laterality
from tilscope.models.refusals import NoResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.inspect_study import inspect_study
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.pictures import put_picture
from tilscope.service.scoring.study_input import HeldInput, hash_of_study
from tilscope.service.storing.unstored import UnstoredResult


class Waiting:
    """A finished result beside the study as the archive holds it now."""

    def __init__(
        self,
        finished: UnstoredResult,
        archive: OrthancArchive,
        study_uid: str,
        settings: PipelineSettings,
        known: Known,
    ) -> None:
        self._finished, self._archive, self._study_uid = finished, archive, study_uid
        self._settings, self._known = settings, known
        # Its files are noted before the input is looked at, so that nothing changes unseen between the two.
        self._held = HeldInput(archive, study_uid, finished.input_hash, self._name_now)

    def still_holds(self) -> bool:
        """Whether the study would be computed from the very same input today. One that was deleted meanwhile has none."""
        try:
            return self._finished.input_hash == self._name_now()
        except NoResult:
            return False

    def deliver(self) -> None:
        """Store it. Whoever was killed in the middle does it again: what is there already stays as it is.

        Raises as `HeldInput` where the study is deleted or changed between two objects.
        """
        for content in self._finished.objects:
            self._held.check()
            self._archive.store_files([content])
        for picture in self._finished.pictures:
            put_picture(self._archive, self._study_uid, Laterality(picture.laterality), picture.png, picture.places)

    def _name_now(self) -> str:
        inspection = inspect_study(self._archive, self._study_uid, self._settings)
        annotations = (self._known.steering, self._known.molecular)
        return hash_of_study(self._archive, inspection, self._study_uid, self._settings, *annotations)
