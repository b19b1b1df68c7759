"""The sheets of pictures on a study's page, and whether a click on one says where the lesion is."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.imaging.series import Laterality

#: Refusals after which a person who sees the lesion can show it.
MAY_BE_POINTED_AT = frozenset(
    {"no-lesion", "no-lesion-there", "implausible-lesion", "neither-breast", "every-lesion-rejected"}
)

_OF_A_LESION = (
    "key slice with the contour of each lesion, projection, signal enhancement ratio in lesion 1, slices through it, and the "
    "mean signal of lesion and parenchyma against time"
)
_OF_THE_BREAST = "projection, early phase and slices of the subtraction, with the outline of the breast"


@dataclass(frozen=True)
class PictureView:
    """One sheet."""

    address: str
    """Below /tilscope/. Changes with the picture, which a browser keeps."""
    words: str
    points_to: str
    """Below /tilscope/: tells what a point of the sheet means; '' where a click only enlarges it."""
    command: str
    """Below /tilscope/: takes the point as a seed."""

    @classmethod
    def of(
        cls, side: Laterality, study_uid: str, version: str, may_point: bool, candidates: bool = False
    ) -> PictureView:
        """Of a breast in which no lesion is sure."""
        numbered = " and the numbers of the candidates" if candidates else ""
        words = f"Pictures of {side.the_breasts}: {_OF_THE_BREAST}{numbered}"
        return cls._of(side, study_uid, version, words, may_point)

    @classmethod
    def of_lesions(cls, side: Laterality, study_uid: str, version: str) -> PictureView:
        """Of a series that was scored."""
        return cls._of(side, study_uid, version, f"Pictures of {side.the_breasts}: {_OF_A_LESION}", False)

    @classmethod
    def _of(cls, side: Laterality, study_uid: str, version: str, words: str, may_point: bool) -> PictureView:
        place = f"studies/{study_uid}/picture/{side.value}"
        return cls(
            f"{place}?v={version[:12]}", words, f"{place}/point" if may_point else "", f"studies/{study_uid}/rescore"
        )
