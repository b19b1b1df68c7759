"""Networks of cell populations: one beside the other, every population at the same place in each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilscope.service.research.figures.style import INK, PALE, Canvas, look
from tilscope.service.research.statistics.cell_network import CellNetwork


def draw_networks(canvas: Canvas, networks: Mapping[str, CellNetwork]) -> None:
    """On a circle; the stronger the correlation the thicker the edge; a population without an edge is pale."""
    panels = np.atleast_1d(canvas.subplots(1, len(networks)))
    for axes, (name, network) in zip(panels, networks.items(), strict=True):
        angles = np.linspace(0, 2 * np.pi, len(network.cells), endpoint=False) + np.pi / 2
        x, y = np.cos(angles), np.sin(angles)
        for one, other in zip(*np.nonzero(np.triu(network.connected)), strict=True):
            strength = float(network.r[one, other])
            axes.plot(
                x[[one, other]], y[[one, other]], color=look(0).colour, linewidth=0.4 + 4 * (strength - 0.5), zorder=1
            )
        connected = network.connected.any(axis=1)
        axes.scatter(x, y, s=60, c=np.where(connected, look(0).colour, PALE), edgecolors=INK, linewidths=0.8, zorder=2)
        for cell, across, up in zip(network.cells, x, y, strict=True):
            axes.text(
                1.16 * across, 1.2 * up, cell, fontsize=6.5, va="center",
                ha="center" if abs(across) < 0.2 else ("left" if across > 0 else "right"),
            )  # fmt: skip
        axes.set(title=name, xlim=(-1.9, 1.9), ylim=(-1.35, 1.35), aspect="equal")
        axes.axis("off")
