"""Damaged studies by the hundred: the same assembly as before the damage, or a refusal. Never a crash, never another order.

TILSCOPE_FUZZ sets how many studies are damaged (200 by default).
"""

from __future__ import annotations

import random
import time

import pytest
from broken_values import STUDIES
from damaged_headers import DAMAGES, drop_a_position, shuffle
from pydicom import Dataset
from small_layouts import LAYOUTS

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.models.refusals import BadInput


def phases(headers: list[Dataset]) -> list[set[str]] | None:
    """Which instances make up which phase, in time order, breast by breast; None where the study is refused."""
    try:
        assembly = inspect(headers)
    except BadInput:
        return None
    if assembly.refusal is not None:
        assert str(assembly.refusal)
        return None
    sources = assembly.require_sources()
    return [{str(h.ImageComments) for h in phase.headers} for source in sources for phase in source.phases]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("part", range(4))
def test_damage_is_never_silent(part: int) -> None:
    for number in range(part, STUDIES, 4):
        chance = random.Random(number)
        headers = chance.choice(list(LAYOUTS.values()))()
        for n, header in enumerate(headers):
            header.ImageComments = str(n)  # which image it is, whatever happens to its other tags
        truth = phases(headers)
        assert truth is not None
        shuffle(headers, chance)
        done = [chance.choice(DAMAGES) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        for damage in done:
            if headers:
                damage(headers, chance)
        begun = time.process_time()
        found = phases(headers)
        told = f"study {number}: {[d.__name__ for d in done]}"
        assert time.process_time() - begun < 10, told
        if found is not None and not any(d is drop_a_position for d in done):
            assert found == truth, told
        elif found is not None:
            # A position lost in every phase at either end of the volume leaves a smaller, still even one.
            assert len(found) == len(truth), told
            assert all(f <= t for f, t in zip(found, truth, strict=True)), told
