"""The installation of pyradiomics: what it pins, what it says where it cannot go on, and the trick by which it builds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tilscope import extractor

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """By its path, as docker/install.sh runs it."""
    command = [sys.executable, str(ROOT / "tilscope" / "extractor.py"), *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("pinned", [extractor.SOURCE, extractor.BUILDER])
def test_it_builds_what_the_lock_names(pinned: str) -> None:
    requirement, checked = pinned.split(" --hash=")
    lock = (ROOT / "docker" / "requirements.lock").read_text(encoding="utf-8")
    _, found, after = lock.partition(f"\n{requirement} \\\n")
    assert found, f"{requirement} is not in the lock"
    assert checked in after.partition("\n    # via")[0]


def test_where_it_is_installed_nothing_is_done() -> None:
    answer = run()
    assert (answer.returncode, answer.stderr) == (0, "extractor: pyradiomics 3.0.1 is installed already\n")


def test_without_a_compiler_it_says_so_and_what_to_do(tmp_path: Path) -> None:
    answer = run("--wheel", str(tmp_path), CC="no-such-compiler")
    assert answer.returncode == 1
    assert answer.stderr == (
        "extractor: a C compiler is needed, and no-such-compiler is not here. On Debian and Ubuntu: apt-get install gcc; "
        "or set CC to the compiler to use\n"
    )


def test_where_pip_fails_its_words_are_shown(tmp_path: Path) -> None:
    nothing = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    answer = run("--wheel", str(tmp_path / "made"), **nothing)
    assert answer.returncode == 1
    assert "No matching distribution found for setuptools" in answer.stderr
    assert answer.stderr.endswith("extractor: pip install failed; its words are above\n")


def test_the_old_names_of_configparser_are_given_back_to_the_build(tmp_path: Path) -> None:
    """As the versioneer of pyradiomics reads its setup.cfg; Python 3.12 has neither name."""
    (tmp_path / "sitecustomize.py").write_text(extractor.OLD_NAMES, encoding="utf-8")
    (tmp_path / "setup.cfg").write_text("[versioneer]\nVCS = git\n", encoding="utf-8")
    reads = (
        "import configparser\n"
        "parser = configparser.SafeConfigParser()\n"
        "parser.readfp(open('setup.cfg'))\n"
        "print(parser.get('versioneer', 'VCS'))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", reads]
    read = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == "git\n"


def test_its_help_says_what_it_is_for() -> None:
    told = run("--help").stdout
    assert "C compiler" in told
    assert "Exit codes: 0 installed" in told
