"""Bland-Altman figures, drawn with Pillow: the difference from the truth over the mean of both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from validation.bars import Pair, differences

WIDTH, HEIGHT, MARGIN = 420, 300, 46
LARGEST_PERCENT = 60.0
PAPER, INK, GREY, BLUE = "white", "black", "#bbbbbb", "#1f5fa8"


def bland_altman(pairs: dict[str, Sequence[Pair]], path: Path, columns: int = 3) -> None:
    """One panel for each measurement; differences beyond the axis stand on its end."""
    rows = -(-len(pairs) // columns)
    page = Image.new("RGB", (columns * WIDTH, max(1, rows) * HEIGHT), PAPER)
    for n, (name, values) in enumerate(pairs.items()):
        page.paste(_panel(name, values), ((n % columns) * WIDTH, (n // columns) * HEIGHT))
    page.quantize(16).save(path, optimize=True)


def _panel(name: str, pairs: Sequence[Pair]) -> Image.Image:
    panel = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(panel)
    told = [pair for pair in pairs if sum(pair) != 0]
    found = differences(told)
    means = np.array([sum(pair) / 2 for pair in told])
    left, right, top, bottom = MARGIN, WIDTH - 10, 24, HEIGHT - 34

    def height(percent: float) -> float:
        part = np.clip(percent / LARGEST_PERCENT, -1, 1)
        return float((top + bottom) / 2 - part * (bottom - top) / 2)

    draw.rectangle((left, top, right, bottom), outline=GREY)
    draw.text((left, 6), f"{name} (n = {len(told)}): measured - true, % of their mean", fill=INK)
    for percent in (-50, -25, 0, 25, 50):
        draw.line((left, height(percent), right, height(percent)), fill=INK if percent == 0 else GREY)
        draw.text((8, height(percent) - 6), f"{percent:+d}", fill=INK)
    if not len(told):
        return panel
    middle, spread = float(found.mean()), 1.96 * float(found.std())
    for level in (middle - spread, middle, middle + spread):
        draw.line((left, height(level), right, height(level)), fill=BLUE)
    low, high = float(means.min()), max(float(means.max()), float(means.min()) + 1e-9)
    for mean, percent in zip(means, found, strict=True):
        x = left + 6 + (mean - low) / (high - low) * (right - left - 12)
        draw.ellipse((x - 2, height(percent) - 2, x + 2, height(percent) + 2), outline=BLUE)
    draw.text((left, bottom + 6), f"{low:.3g}", fill=INK)
    draw.text((right - 40, bottom + 6), f"{high:.3g}", fill=INK)
    return panel
