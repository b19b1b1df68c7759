"""The undecimated wavelet transform of an image, in a box: what several decompositions have in common is computed once.

Values are pyradiomics' to the bit. A wavelet is short: only voxels near the box matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pywt
from numpy.typing import NDArray

Array = NDArray[np.float64]
Box = tuple[slice, slice, slice]

#: pyradiomics' default.
WAVELET = "coif1"
#: No further does a value depend on its neighbours.
REACH = pywt.Wavelet(WAVELET).dec_len

#: The order in which pyradiomics takes the axes; the letters of a decomposition follow it.
_AXES = (2, 1, 0)


@dataclass(frozen=True, eq=False)
class Wavelets:
    """The decompositions of one image, in one box."""

    values: Array
    """[z, y, x]: the whole image, in any unit."""
    box: Box
    _parts: dict[str, Array] = field(default_factory=dict, init=False, repr=False)

    def decomposition(self, letters: str) -> Array:
        """One of the eight, as 'LLH': low-pass along x and y, high-pass along z.

        Parameters
        ----------
        letters : str
            L or H for x, y and z.

        Returns
        -------
        ndarray of float64, [z, y, x]
            The box alone, in the image's unit.
        """
        z, y, x = (
            slice(s.start - around.start, s.stop - around.start)
            for s, around in zip(self.box, self._around, strict=True)
        )
        return np.ascontiguousarray(self._part(letters)[z, y, x])

    @cached_property
    def _around(self) -> list[range]:
        """The box and what its values depend on, of an even length as the transform wants it.

        The whole axis where that goes beyond the image: what is there is what is at its beginning, and is summed in an order of
        its own. Of an odd axis, the first voxel comes once more at the end.
        """
        found = []
        for side, size in zip(self.box, self.values.shape, strict=True):
            start, stop = side.start - REACH, side.stop + REACH
            stop += (stop - start) % 2
            found.append(range(start, stop) if start >= 0 and stop <= size else range(size + size % 2))
        return found

    def _part(self, letters: str) -> Array:
        """What is around the box, after the first axes: the two of the last one come from one transform."""
        if not letters:
            places = [np.arange(r.start, r.stop) % n for r, n in zip(self._around, self.values.shape, strict=True)]
            return self.values[np.ix_(*places)]
        if letters not in self._parts:
            before, axis = letters[:-1], _AXES[len(letters) - 1]
            ((low, high),) = pywt.swt(self._part(before), WAVELET, level=1, start_level=0, axis=axis)
            self._parts.update({before + "L": low, before + "H": high})
        return self._parts[letters]
