"""pyradiomics need not be there; where it is asked for and is not, the answer says what to do."""

from __future__ import annotations

import subprocess
import sys

#: None in `sys.modules` is a module that cannot be found.
HIDDEN = "import sys; sys.modules['radiomics'] = None\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HIDDEN + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_features_are_computed_without_it() -> None:
    done = run(
        "import numpy as np, tilscope.models.signatures, tilscope.models.measure\n"
        "from tilscope.models.features.extract import extract\n"
        "ball = np.ones((4, 4, 4))\n"
        "print(extract(ball, ball > 0, (1, 1, 1), {'shape': ['VoxelVolume'], 'firstorder': ['Mean']}))"
    )
    assert done.stdout.strip() == "{'shape_VoxelVolume': 64.0, 'firstorder_Mean': 1.0}", done.stderr


def test_who_asks_for_it_is_told_how_to_install_it() -> None:
    done = run("from tilscope.models.features import stock_region")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "pyradiomics is not installed: python -m tilscope.extractor, or leave the setting `extractor` as it was"
    )
