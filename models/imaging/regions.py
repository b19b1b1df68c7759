"""What a segmenter finds: masks on the grid of the dynamic series, 0 and 1, uint8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import SimpleITK as sitk

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, mask_of


@dataclass(frozen=True)
class ManualRoi:
    """Where a manual ROI of a lesion comes from."""

    by: str
    """The person's name, or '' where the drawing tool names nobody."""
    tool: str
    label: str
    number: int
    """Of the segment or region of interest within its object."""
    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    object_name: str
    """For sentences: modality, series number and description."""


@dataclass(frozen=True, eq=False)
class Lesion:
    """One lesion. Number 1 is the index lesion, the one that the signatures describe."""

    number: int
    mask: sitk.Image
    laterality: Laterality
    confidence: float
    """0 to 1, the segmenter's own; 1 where a person has drawn it."""
    manual_roi: ManualRoi | None = None
    """None: found by the segmenter."""


@dataclass(frozen=True, eq=False)
class Regions:
    """The breast, its fibroglandular tissue and its lesions. `fgt` and the lesions do not overlap."""

    breast: sitk.Image
    fgt: sitk.Image
    lesions: tuple[Lesion, ...]
    algorithm: str
    algorithm_version: str
    learned: bool = False
    """Whether the segmenter was trained; a classical one was not."""
    finding: Finding = Finding.MASS
    """Of what kind `lesions` are."""

    @classmethod
    def of_breast(cls, breast: sitk.Image) -> Regions:
        """The breast alone, of images in which no lesion was found: for pictures of it.

        Parameters
        ----------
        breast : SimpleITK.Image
            0 and 1, on the grid of the series.

        Returns
        -------
        Regions
            On the same grid, without lesions and glands.
        """
        return cls(breast, sitk.Image(breast) * 0, (), "", "")

    @property
    def has_manual_rois(self) -> bool:
        """Whether manual ROIs have replaced the segmenter's lesions."""
        return any(lesion.manual_roi is not None for lesion in self.lesions)

    @property
    def index_lesion(self) -> Lesion:
        return self.lesions[0]


def lesion_free(gland: Mask, lesions: Sequence[Lesion]) -> Mask:
    """What is lesion is no gland.

    Parameters
    ----------
    gland : ndarray of bool, [z, y, x]
        Fibroglandular tissue on the grid of the series.
    lesions : sequence of Lesion
        On the same grid.

    Returns
    -------
    ndarray of bool, [z, y, x]
        A copy.
    """
    free = gland.copy()
    for lesion in lesions:
        free &= ~mask_of(lesion.mask)
    return free
