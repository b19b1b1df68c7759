"""Phases as the images show them: where contrast arrives, and what a network sees of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ball_study import SHAPE, ball, image

from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import values_of
from tilscope.models.preparation.contrast_arrival import first_bright_phase
from tilscope.models.segmenters.channels import channel


def series_of(*rises: float, body: float = 100.0) -> DceSeries:
    """Tissue in front of which there is air; a ball that stands so far above it, in parts of it, phase by phase."""
    tissue = np.full(SHAPE, body, np.float32)
    tissue[:, :12] = 0
    phases = [
        Phase(image(tissue * np.where(ball(), 1 + rise, 1).astype(np.float32)), 60.0 * n)
        for n, rise in enumerate(rises)
    ]
    return DceSeries(tuple(phases), PhaseRoles(0, 1, len(phases) - 1), Laterality.LEFT, "by construction")


@pytest.mark.parametrize(
    ("rises", "arrived"),
    [
        ((0, 1.2, 1.0), 1),
        ((0, 0.02, 1.2, 1.0), 2),
        # A quarter of the most that is ever gained: contrast has come.
        ((0, 0.31, 1.2, 1.0), 1),
        ((0, 0.29, 1.2, 1.0), 2),
        # Less than a fifth is nothing, however it is shared out.
        ((0, 0.1, 0.19), None),
        ((0, 0.1, 0.21), 1),
    ],
)
@pytest.mark.parametrize("body", [100.0, 0.01])
def test_contrast_has_arrived_with_a_quarter_of_its_most(
    rises: tuple[float, ...], arrived: int | None, body: float
) -> None:
    """In whatever unit the scanner stores."""
    assert first_bright_phase(series_of(*rises, body=body)) == arrived


def test_an_empty_series_shows_no_contrast() -> None:
    assert first_bright_phase(series_of(0, 1, 2, body=0.0)) is None


def test_a_network_sees_phases_by_role_and_their_differences() -> None:
    series = replace(series_of(0.0, 0.5, 1.0, 0.8), roles=PhaseRoles(1, 2, 3))
    one, two, three = (values_of(series.phases[n].image) for n in (1, 2, 3))
    expected = {
        "pre": one,
        "early": two,
        "first": two,
        "late": three,
        "early-pre": two - one,
        "late-early": three - two,
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(values_of(channel(series, name)), values)
    first = replace(series, roles=PhaseRoles(0, 2, 3))
    np.testing.assert_array_equal(values_of(channel(first, "first")), one)
