"""Which breast an image shows: by where it lies in the patient, never by what it is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydicom import Dataset

from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import text
from tilscope.dicom_io.dce.volumes_of_series import Volume
from tilscope.models.imaging.series import Laterality

#: Wider than any one breast, mm: an image this wide that spans the midline shows both.
_BILATERAL_WIDTH_MM = 240.0
_TAGS = ("ImageLaterality", "FrameLaterality", "Laterality")


def laterality_of(volume: Volume) -> Laterality:
    """From where the image lies: the patient's left is +x. Tags are not asked, they are often wrong or absent."""
    low, high = _across((volume.slices[0], volume.slices[-1]))
    if high - low >= _BILATERAL_WIDTH_MM and low < 0 < high:
        return Laterality.BOTH
    return Laterality.LEFT if low + high > 0 else Laterality.RIGHT


def contradicting_tag(headers: Iterable[Dataset], shown: Laterality) -> str:
    """The tag by which most images name the other breast than the one shown; '' where none does."""
    tags = Counter(
        (tag, side)
        for h in headers
        for tag in _TAGS
        if (side := text(h, tag).upper()) in (Laterality.LEFT, Laterality.RIGHT)
    )
    for (tag, side), _ in tags.most_common(1):
        if shown is not Laterality.BOTH and side != shown:
            return tag
    return ""


def _across(slices: Iterable[Slice]) -> tuple[float, float]:
    """The least and the greatest x of the slices' corners."""
    x = []
    for s in slices:
        row_step, column_step = s.grid.spacing
        across = s.axes[0] * column_step * (s.grid.columns - 1)
        down = s.axes[1] * row_step * (s.grid.rows - 1)
        x += [float((s.position + a + d)[0]) for a in (0 * across, across) for d in (0 * down, down)]
    return min(x), max(x)
