"""JPEG Lossless, first-order prediction (ITU-T T.81, process 14, selection value 1; PS3.5 A.4.2), for one component.

No encoder for it is among the libraries that the project uses, and many archives hold images in it.
"""

from __future__ import annotations

import heapq
import struct

import numpy as np
from numpy.typing import NDArray

#: T.81 table H.2 has a category for every length of a difference, 0 to 16 bits.
_CATEGORIES = 17


def encode(frame: NDArray[np.generic], precision: int) -> bytes:
    """One frame as a JPEG stream.

    Parameters
    ----------
    frame : ndarray of integers, [row, column]
        Stored values.
    precision : int
        Bits a pixel, up to 16.

    Returns
    -------
    bytes
        From marker FFD8 to FFD9.
    """
    rows, columns = frame.shape
    if precision == 16 or frame.dtype.kind == "i":
        samples = frame.astype(np.int64) & ((1 << precision) - 1)
    else:
        samples = frame.astype(np.int64)
    differences = _differences(samples, precision)
    categories = _bit_lengths(np.abs(differences))
    lengths = _code_lengths(np.bincount(categories, minlength=_CATEGORIES))
    codes, counts, order = _canonical(lengths)
    # Negative differences are sent as their value minus one, in the low bits (T.81 H.1.2.2, F.1.2.1.1).
    low = np.where(differences < 0, differences - 1, differences) & ((1 << categories) - 1)
    extra = np.where(categories == 16, 0, categories)
    words = (codes[categories] << extra) | np.where(categories == 16, 0, low)
    body = _packed(words, lengths[categories] + extra)
    header = b"\xff\xd8" + _segment(0xC3, struct.pack(">BHHB", precision, rows, columns, 1) + b"\x01\x11\x00")
    table = _segment(0xC4, b"\x00" + bytes(counts) + bytes(order))
    scan = _segment(0xDA, b"\x01\x01\x00\x01\x00\x00")
    return header + table + scan + body + b"\xff\xd9"


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _differences(samples: NDArray[np.int64], precision: int) -> NDArray[np.int64]:
    """To the neighbour on the left; the first column to the one above; the first sample to the middle (H.1.1, H.1.2.1)."""
    predicted = np.empty_like(samples)
    predicted[:, 1:] = samples[:, :-1]
    predicted[1:, 0] = samples[:-1, 0]
    predicted[0, 0] = 1 << (precision - 1)
    # Modulo 2^16, as a number from -32767 to 32768.
    wrapped = (samples - predicted) & 0xFFFF
    flat: NDArray[np.int64] = np.where(wrapped > 32768, wrapped - 65536, wrapped).ravel()
    return flat


def _bit_lengths(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)


def _code_lengths(frequencies: NDArray[np.int64]) -> NDArray[np.int64]:
    """Huffman code lengths, with one code kept free so that none is all ones (K.2), and none longer than 16 bits."""
    used = [int(symbol) for symbol in np.flatnonzero(frequencies)]
    heap: list[tuple[int, int, tuple[int, ...]]] = [(int(frequencies[s]), s, (s,)) for s in used]
    heap.append((0, _CATEGORIES, (_CATEGORIES,)))
    heapq.heapify(heap)
    lengths = np.zeros(_CATEGORIES + 1, dtype=np.int64)
    while len(heap) > 1:
        one, two = heapq.heappop(heap), heapq.heappop(heap)
        together = one[2] + two[2]
        lengths[list(together)] += 1
        heapq.heappush(heap, (one[0] + two[0], max(one[1], two[1]) + _CATEGORIES, together))
    found = lengths[:_CATEGORIES]
    if found.max() > 16:
        # So skewed a frame is coded with one length for all.
        found = np.where(frequencies > 0, 5, 0)
    return found


def _canonical(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int], list[int]]:
    """Codes of the categories, how many there are of each length, and the categories in order of code (T.81 C)."""
    order = sorted((int(s) for s in np.flatnonzero(lengths)), key=lambda s: (lengths[s], s))
    codes = np.zeros(_CATEGORIES, dtype=np.int64)
    code, previous = 0, 0
    for symbol in order:
        code <<= int(lengths[symbol]) - previous
        previous = int(lengths[symbol])
        codes[symbol] = code
        code += 1
    return codes, [int((lengths == n).sum()) for n in range(1, 17)], order


def _packed(words: NDArray[np.int64], sizes: NDArray[np.int64]) -> bytes:
    """Words of so many bits each, one after the other, padded with ones and stuffed (T.81 F.1.2.3)."""
    ends = np.cumsum(sizes)
    bits = np.ones(int(-(-ends[-1] // 8) * 8), dtype=np.uint8)
    starts = ends - sizes
    for place in range(int(sizes.max())):
        has = sizes > place
        bits[starts[has] + place] = (words[has] >> (sizes[has] - 1 - place)) & 1
    return np.packbits(bits).tobytes().replace(b"\xff", b"\xff\x00")
