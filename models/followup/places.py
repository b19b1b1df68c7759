"""Where lesions lie in a breast that is never laid down twice in the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.models.followup.exam import Exam, ExamLesion

#: A breast whose volume is found so many times another's is another part of it, and no other size: places stay unscaled.
_MOST_OF_SCALE = 1.5


@dataclass(frozen=True, eq=False)
class Placed:
    """A lesion of one date in the frame of its breast."""

    lesion: ExamLesion
    offset: NDArray[np.float64]
    """[3], from the nipple: mm towards left, back and head, in a breast of the size of the first date."""
    radius_mm: float
    """Half its longest diameter."""

    def from_mm(self, other: Placed) -> float:
        """Between the two middles."""
        return float(np.linalg.norm(self.offset - other.offset))


def placed(lesion: ExamLesion, exam: Exam, first_volume_cc: float | None) -> Placed | None:
    """A lesion in the frame of its breast.

    Parameters
    ----------
    lesion : ExamLesion
        Of this exam.
    exam : Exam
        Gives the breast's volume at this date.
    first_volume_cc : float, optional
        The breast's volume at the first date.

    Returns
    -------
    Placed or None
        None where its place or its diameter is not known.
    """
    longest = lesion.value("longest_diameter")
    if lesion.offset_mm is None or longest is None:
        return None
    breast = exam.breast(lesion.side)
    scale = _scale(first_volume_cc, breast.volume_cc if breast else None)
    return Placed(lesion, scale * np.array(lesion.offset_mm), longest / 2)


def _scale(first_cc: float | None, now_cc: float | None) -> float:
    """Of lengths, from now to the first date."""
    if not first_cc or not now_cc or not 1 / _MOST_OF_SCALE < first_cc / now_cc < _MOST_OF_SCALE:
        return 1.0
    return float(np.cbrt(first_cc / now_cc))
