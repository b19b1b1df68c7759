"""The other components of the complex signal, which some reconstructions store beside the magnitude."""

from __future__ import annotations

import numpy as np

from tilscope.phantom.pixels import Pixels, Storage

#: The field's unevenness turns the signal this often over the width of the image.
_TURNS = 1.5


def component_pixels(name: str, magnitude: Pixels, storage: Storage) -> Pixels:
    """The signal's phase, or its real part, over the whole range of stored values.

    Parameters
    ----------
    name : str
        'phase' or 'real'.
    magnitude : ndarray, [slice, row, column] or [row, column]
        Stored values.
    storage : Storage
        The range of stored values.

    Returns
    -------
    ndarray, of the same shape and type
        Stored values.

    Raises
    ------
    ValueError
        Another name.
    """
    stored = np.asarray(magnitude, np.float64) - storage.lowest
    turned = np.broadcast_to(np.linspace(0, _TURNS, magnitude.shape[1]), magnitude.shape) % 1.0
    if name == "phase":
        part = turned
    elif name == "real":
        part = 0.5 + 0.5 * np.cos(2 * np.pi * turned) * stored / max(float(stored.max()), 1.0)
    else:
        raise ValueError(f"no component of the signal is called {name!r}; there are phase and real")
    values: Pixels = np.empty_like(magnitude)
    values[...] = np.rint(storage.lowest + part * (storage.highest - storage.lowest))
    return values
