"""The network learns, and goes on where it was broken off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (docker/install.sh --learned)")

from second_opinion.label_maps import LabelMap, made_of  # noqa: E402
from second_opinion.torch_network import probabilities  # noqa: E402
from second_opinion.torch_training import Progress, batch, one_step, train  # noqa: E402
from second_opinion.views import CHANNELS  # noqa: E402

from tilscope.models.imaging.series import Laterality  # noqa: E402
from tilscope.phantom.spec import LesionKind, LesionSpec, PhantomSpec  # noqa: E402


@pytest.fixture(scope="module")
def maps() -> list[LabelMap]:
    return [made_of(replace(PhantomSpec.small(), lesion=LesionSpec(Laterality.LEFT, 30.0, kind=LesionKind.ROUND)))]


def test_it_learns_what_it_sees_again_and_again(maps: list[LabelMap]) -> None:
    progress, seen = Progress.begun(), batch(maps, 0)
    losses = [one_step(progress, seen, 100) for _ in range(6)]
    assert losses[-1] < 0.9 * losses[0]


def test_training_that_was_broken_off_ends_as_if_it_had_not_been(maps: list[LabelMap], tmp_path: Path) -> None:
    whole = train(Progress.begun(), maps, 2, tmp_path / "whole.pt")
    broken = Progress.begun()
    one_step(broken, batch(maps, 0), 2)
    broken.save(tmp_path / "broken.pt")
    gone_on = train(Progress.of(tmp_path / "broken.pt"), maps, 2, tmp_path / "broken.pt")
    assert gone_on.step == whole.step == 2
    for name, value in whole.network.state_dict().items():
        assert torch.allclose(value, gone_on.network.state_dict()[name], atol=1e-6), name


def test_training_stops_when_its_time_is_spent(maps: list[LabelMap], tmp_path: Path) -> None:
    assert train(Progress.begun(), maps, 1000, tmp_path / "checkpoint.pt", seconds=0).step == 0
    assert Progress.of(tmp_path / "checkpoint.pt").step == 0


def test_it_speaks_of_every_voxel_of_a_breast_of_any_size() -> None:
    views = np.random.default_rng(3).standard_normal((CHANNELS, 21, 30, 17)).astype(np.float32)
    likely = probabilities(Progress.begun().network, views)
    assert likely.shape == views.shape[1:]
    assert ((likely > 0) & (likely < 1)).all()
