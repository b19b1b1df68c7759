"""Every case of the conformance suite is made once in a session."""

from __future__ import annotations

import pytest
from conformance.written import Cabinet, WrittenCase


@pytest.fixture(scope="session")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Cabinet:
    return Cabinet(tmp_path_factory.mktemp("conformance"))


@pytest.fixture
def case(cabinet: Cabinet, name: str) -> WrittenCase:
    """The case that the test is parametrised with as `name`."""
    return cabinet.case(name)
