"""The small studies that the phantom's tests look at; each is imaged once."""

from __future__ import annotations

import pytest

from models.series import Laterality
from phantom import PhantomSpec, PhantomStudy, make_study


@pytest.fixture(scope="session")
def axial() -> PhantomStudy:
    return make_study(PhantomSpec.small())


@pytest.fixture(scope="session")
def sagittal_right() -> PhantomStudy:
    return make_study(PhantomSpec.small(seed=4).sagittal(Laterality.RIGHT))
