"""The sheet of pictures of one dynamic series, scored or refused, on its way to where people see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tilscope.dicom_io.dce.source import DceSource
from tilscope.models.breast.body import body_mask
from tilscope.models.breast.breasts import find_breasts
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries, Laterality
from tilscope.models.pictures.montage import Montage, montage
from tilscope.models.refusals import Refused

#: Refusals after the breast was found in the images: then it is one, whatever the headers call it, and can be shown.
AFTER_THE_BREAST = frozenset(
    {"motion-too-large", "motion-folds", "no-lesion", "no-lesion-there", "implausible-lesion", "too-noisy"}
    | {"every-lesion-rejected"}
)


@dataclass(frozen=True, eq=False)
class SeriesPicture:
    """All pictures of one dynamic series on one sheet."""

    study_uid: str
    laterality: Laterality
    montage: Montage


Show = Callable[[SeriesPicture], None]


def show_nothing(picture: SeriesPicture) -> None:
    """For those who want numbers only."""


@contextmanager
def showing_refusal(source: DceSource, images: DceSeries | PreparedSeries, show: Show) -> Iterator[None]:
    """A refusal inside gets its picture while the images are in memory: it travels on without them, as a sentence."""
    try:
        yield
    except Refused as refusal:
        if refusal.code in AFTER_THE_BREAST:
            show(SeriesPicture(source.study_uid, source.laterality, _of_breast(images)))
        raise


def _of_breast(images: DceSeries | PreparedSeries) -> Montage:
    if isinstance(images, PreparedSeries):
        return montage(images.series, Regions.of_breast(images.breast))
    # Refused while it was prepared: the breast is looked for once more, in the images as they were acquired.
    return montage(images, Regions.of_breast(find_breasts(body_mask(images), images)))
