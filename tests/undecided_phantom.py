"""A phantom of which the built-in segmenter says that a reader must decide: something enhances, and nothing is surely a lesion."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study

#: None while no such phantom is known: the tests of a decision are then skipped.
UNDECIDED: PhantomSpec | None = None


def write_undecided(folder: Path) -> tuple[PhantomStudy, list[Path]]:
    """The phantom with its truth, and its DICOM files."""
    if UNDECIDED is None:
        pytest.skip("no phantom is known of which the built-in segmenter says that a reader must decide")
    study = make_study(UNDECIDED)
    return study, write_study(study, folder, salt="undecided")
