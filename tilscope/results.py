"""The result of `tilscope.score`: numbers, masks and images in memory, and the way to a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import SimpleITK as sitk
from pydicom import Dataset

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.models.features.peritumoral import ring_on_images
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import (
    LesionResult,
    LesionSource,
    Measurement,
    QualityFinding,
    RefusedSeries,
    SeriesResult,
    SignatureResult,
    StudyResult,
)
from tilscope.service.extras import naming_extras
from tilscope.service.scoring.result_folder import write_scored_nifti, write_summary
from tilscope.service.scoring.score_series import ScoredSeries

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What `tilscope.score` found in one study.

    A study has one dynamic series, or two where each breast was imaged by itself. What is about one of them, such as a mask,
    is asked of a result of one: `of("left")` gives it.

    The images stay in memory as long as the result does.

    Examples
    --------
    >>> import tempfile, tilscope
    >>> folder = tempfile.mkdtemp()
    >>> small = tilscope.phantom.PhantomSpec.small()
    >>> files = tilscope.phantom.write_study(tilscope.phantom.make_study(small), folder)
    >>> result = tilscope.score(folder)
    >>> result.mask_names
    ('breast', 'fgt', 'ring', 'lesion 1')
    >>> result.mask("lesion 1").GetSize() == result.image("early").GetSize()
    True
    >>> result.signatures["wu2018"].state.value
    'uncalibrated'
    >>> [row["value"] for row in result.rows() if row["part"] == "lesion 1" and row["id"] == "volume"]
    [8.0752]
    >>> from pathlib import Path
    >>> sorted(path.name for path in result.save(Path(folder) / "results").iterdir() if path.suffix != ".dcm")
    ['montage.png', 'report-block.txt', 'result.json']
    """

    study: StudyResult
    images: tuple[ScoredSeries, ...]
    """Of each dynamic series that was scored."""
    objects: tuple[Dataset, ...]
    """The DICOM objects that `save` writes: Segmentations, Structured Report, PDF, what else the settings ask for; and a mask
    that was given, as the Segmentation that the report names."""

    def __repr__(self) -> str:
        sides = ", ".join(Laterality(one.laterality).breasts for one in self.series)
        return f"<Result of study {self.study_uid}: {sides}, {len(self.objects)} objects>"

    @property
    def study_uid(self) -> str:
        return self.study.study_uid

    @property
    def series(self) -> tuple[SeriesResult, ...]:
        """The result of each dynamic series: everything that its report holds."""
        return self.study.dynamic_series

    @property
    def refused_series(self) -> tuple[RefusedSeries, ...]:
        """One breast of a pair that was refused, while the other is scored."""
        return self.study.refused_series

    @property
    def warnings(self) -> tuple[QualityFinding, ...]:
        """What the quality gates warn of: `code` and `sentence`, with the value and its limit."""
        return tuple(finding for one in self.series for finding in one.warnings)

    def of(self, laterality: str) -> Result:
        """The result of one dynamic series only.

        Parameters
        ----------
        laterality : str
            left, right or both: what the series shows.

        Raises
        ------
        ValueError
            No such series was scored.
        """
        chosen = tuple(one for one in self.series if Laterality(one.laterality).word == laterality)
        if not chosen:
            there = ", ".join(Laterality(one.laterality).word for one in self.series)
            raise ValueError(f"no series of {laterality!r} was scored; there is {there}")
        images = tuple(one for one in self.images if one.source.laterality.word == laterality)
        others = {one.sop_instance_uid for one in self.study.objects if one.laterality != chosen[0].laterality}
        return Result(
            replace(
                self.study,
                dynamic_series=chosen,
                refused_series=(),
                objects=tuple(one for one in self.study.objects if one.sop_instance_uid not in others),
            ),
            images,
            tuple(one for one in self.objects if one.SOPInstanceUID not in others),
        )

    @property
    def signatures(self) -> dict[str, SignatureResult]:
        """By id, as in ``result.signatures["wu2018"].score``; of one dynamic series."""
        return {one.id: one for one in self._only.result.signatures}

    @property
    def lesions(self) -> tuple[LesionResult, ...]:
        """The index lesion first; of one dynamic series."""
        return self._only.result.lesions

    @property
    def lesion_source(self) -> LesionSource:
        """Whether they are automatic, steered or drawn; of one dynamic series."""
        return self._only.result.segmentation

    @property
    def mask_names(self) -> tuple[str, ...]:
        """What `mask` takes."""
        regions = self._only.regions
        return ("breast", "fgt", "ring", *(regions.finding.label(lesion.number).lower() for lesion in regions.lesions))

    def mask(self, name: str) -> sitk.Image:
        """A region as it was measured, on the grid of the dynamic series.

        Parameters
        ----------
        name : str
            ``lesion 1`` (the index lesion) and so on, where the finding is diffuse ``diffuse enhancement 1``, and where a
            person must decide ``candidate 1``; ``breast`` (without skin and chest wall); ``fgt``, its fibroglandular
            tissue; ``ring``, 5 mm of tissue around the index lesion.

        Returns
        -------
        SimpleITK.Image
            0 and 1, uint8, 3D, in patient space (LPS, mm).

        Raises
        ------
        ValueError
            There is no such region, or there are two dynamic series.
        """
        one = self._only
        if name not in self.mask_names:
            raise ValueError(f"there is no mask {name!r}; there are {', '.join(self.mask_names)}")
        if name == "ring":
            return ring_on_images(one.series, one.regions)
        if name in ("breast", "fgt"):
            return sitk.Image(one.regions.breast if name == "breast" else one.regions.fgt)
        return sitk.Image(one.regions.lesions[int(name.split()[-1]) - 1].mask)

    def image(self, phase: str | int) -> sitk.Image:
        """One phase of the dynamic series as it was measured: motion is taken out, the coil's shading is not.

        Parameters
        ----------
        phase : str or int
            ``pre``, ``early`` or ``late``; or the number of the phase, from 1 on, in order of time.

        Returns
        -------
        SimpleITK.Image
            float32, 3D, in patient space (LPS, mm).
        """
        series = self._only.series
        if isinstance(phase, int):
            if not 1 <= phase <= len(series.phases):
                raise ValueError(f"there is no phase {phase}: they are numbered from 1 to {len(series.phases)}")
            return sitk.Cast(series.phases[phase - 1].stored, sitk.sitkFloat32)
        if phase not in ("pre", "early", "late"):
            raise ValueError(f"there is no phase {phase!r}: pre, early, late, or a number")
        image: sitk.Image = getattr(series, phase)
        return image

    def value(self, id: str, part: str) -> float | None:
        """One number, as in ``result.value("volume", "lesion 1")``; None where there is no value.

        Raises
        ------
        KeyError
            Nothing of that id was measured of that part.
        """
        for row in self._rows_of(self._only.result):
            if row["id"] == id and row["part"] == part:
                number: float | None = row["value"]
                return number
        raise KeyError(f"{id} of {part}")

    def rows(self) -> list[dict[str, Any]]:
        """Every number as plain values: what `to_frame` makes a table of.

        Returns
        -------
        list of dict
            ``study_uid``; ``laterality`` (R, L, B) of the series; ``part`` (``lesion 1``, ``breast``, or a signature's id);
            ``kind`` (measurement, score or feature); ``id``, ``name``, ``value``, ``unit`` (UCUM); and, where there is no
            value, the ``reason`` why.
        """
        return [row for one in self.series for row in self._rows_of(one)]

    def to_frame(self) -> pandas.DataFrame:
        """Every number as a table, one a row; the columns are those of `rows`.

        Returns
        -------
        pandas.DataFrame
            Tables of many studies can be put one under the other.

        Raises
        ------
        ImportError
            pandas is not installed: ``pip install "tilscope[research]"``.
        """
        with naming_extras():
            import pandas
        return pandas.DataFrame(self.rows())

    def as_json(self) -> dict[str, Any]:
        """What ``result.json`` holds."""
        return self.study.as_json()

    def save(self, folder: str | PathLike[str], *, nifti: bool = False) -> Path:
        """Write what ``tilscope score`` writes: the DICOM objects, ``result.json`` and ``montage.png``.

        Parameters
        ----------
        folder : str or path
            Is made if need be. Files of the same names are replaced.
        nifti : bool
            Whether phases, masks and maps are written as NIfTI too, to a folder ``nifti`` in it.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        FolderArchive(place, out=place).store(self.objects)
        write_summary(
            place, self.study, {one.source.laterality.word: one.picture().montage.png() for one in self.images}
        )
        if nifti:
            write_scored_nifti(place / "nifti", self.images)
        return place

    @property
    def _only(self) -> ScoredSeries:
        if len(self.images) != 1:
            raise ValueError('each breast has a dynamic series of its own: ask result.of("left") or result.of("right")')
        return self.images[0]

    def _rows_of(self, series: SeriesResult) -> Iterator[dict[str, Any]]:
        for part, kind, measurements in _measurements(series):
            for m in measurements:
                yield {
                    "study_uid": series.study_uid, "laterality": series.laterality, "part": part, "kind": kind,
                    "id": m.id, "name": m.name, "value": m.value, "unit": m.unit, "reason": m.reason,
                }  # fmt: skip


def _measurements(series: SeriesResult) -> Iterator[tuple[str, str, Sequence[Measurement]]]:
    for lesion in series.lesions:
        yield series.finding.label(lesion.number).lower(), "measurement", lesion.measurements
    yield "breast", "measurement", series.breast
    for signature in series.signatures:
        yield signature.id, "score", [one for one in (signature.score, *signature.further_scores) if one is not None]
        yield signature.id, "feature", signature.features
