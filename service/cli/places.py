"""Places in the patient, as typed on a command line."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tilscope.models.lesions.steering import Steering

SeedOption = Annotated[
    str,
    typer.Option(
        "--seed-mm", help="x,y,z in patient LPS millimetres: the one lesion there, or within 10 mm, is scored."
    ),
]
BoxOption = Annotated[
    str,
    typer.Option(
        "--box-mm", help="x0,y0,z0,x1,y1,z1 in patient LPS millimetres, corners in any order: lesions end there."
    ),
]


def steering_of(seed_mm: str, box_mm: str) -> Steering | None:
    """From the options of that name; None without any."""
    if not seed_mm and not box_mm:
        return None
    from tilscope.models.kinetics.ftv import BoxMm
    from tilscope.models.lesions.steering import Steering

    seed = box = None
    if seed_mm:
        x, y, z = numbers_in(seed_mm, 3, "--seed-mm", "52,-31,14.5")
        seed = (x, y, z)
    if box_mm:
        x, y, z, *(x1, y1, z1) = numbers_in(box_mm, 6, "--box-mm", "20,-80,10,60,-20,70")
        box = BoxMm((x, y, z), (x1, y1, z1))
    return Steering(seed, box)


def numbers_in(text: str, count: int, option: str, example: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(isfinite, numbers)):
        words = {3: "three", 6: "six"}
        raise typer.BadParameter(f"{text!r}: {words[count]} numbers are needed, as in {example}", param_hint=option)
    return numbers
