"""Install pyradiomics, which has no wheel for today's Pythons: it is built here, on this machine.

TILscope computes features itself. pyradiomics judges them in the tests, and computes them where the setting `extractor` says so:
then run this once, as `python -m tilscope.extractor`. It needs a C compiler and Python's headers, uses the standard library
only, and lets pip do everything, with this machine's own configuration of pip. `docker/install.sh` runs the same file.

Two things stand between pip and version 3.0.1. Its build imports numpy without saying so: it is therefore built in the
environment that has numpy already. And it calls two names of `configparser` that Python 3.12 took away: while it is
built, and only then, they are given back, so that the source stays as it was published and pip's hash check holds.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

VERSION = "3.0.1"

#: The source archive as it was published, and what builds it: in a folder of its own, so that the environment keeps the
#: version that it has. docker/requirements.lock pins the same.
SOURCE = f"pyradiomics=={VERSION} --hash=sha256:47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5"
BUILDER = "setuptools==80.10.2 --hash=sha256:95b30ddfb717250edb492926c92b5221f7ef3fbcc2b07579bcd4a27da21d0173"

#: Python runs a `sitecustomize` that it finds at start: pip's build of pyradiomics finds this one.
OLD_NAMES = """\
import configparser

if not hasattr(configparser, "SafeConfigParser"):
    configparser.SafeConfigParser = configparser.ConfigParser
    configparser.RawConfigParser.readfp = configparser.RawConfigParser.read_file
"""

DONE, FAULT = 0, 1


class CannotInstall(Exception):
    """Why the extractor could not be installed, and what to do, in a sentence or two."""


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = parser().parse_args(arguments)
    try:
        if wanted.wheel:
            check_this_machine()
            say(f"done: {build(Path(wanted.wheel))}")
        elif works():
            say(f"pyradiomics {VERSION} is installed already")
        else:
            check_this_machine()
            install()
            say("done")
    except CannotInstall as reason:
        say(str(reason))
        return FAULT
    return DONE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tilscope.extractor",
        description=f"Install pyradiomics {VERSION}, the other extractor of features, into the environment of this Python "
        f"({sys.prefix}). It has no wheel of its own for today's Pythons, so it is built here from the source that was "
        "published, checked by its hash; that takes some seconds and needs a C compiler and Python's headers. pip "
        "fetches it from where this machine's pip takes its packages.",
        epilog="Exit codes: 0 installed, or there already; 1 not installed, the last line says why; 2 wrong usage.",
    )
    made.add_argument(
        "--wheel",
        metavar="FOLDER",
        help="build the wheel into FOLDER and install nothing: `pip install` takes it on machines of the same kind "
        "with the same Python, which then need no compiler",
    )
    return made


def say(words: str) -> None:
    print(f"extractor: {words}", file=sys.stderr, flush=True)


def works() -> bool:
    """Whether this version is there and can be imported, its compiled parts included."""
    try:
        if metadata.version("pyradiomics") != VERSION:
            return False
    except metadata.PackageNotFoundError:
        return False
    return subprocess.run([sys.executable, "-c", "import radiomics"], capture_output=True).returncode == 0


def check_this_machine() -> None:
    """Name what is missing before pip does so in two hundred lines."""
    if importlib.util.find_spec("pip") is None:
        raise CannotInstall(f"this Python has no pip ({sys.executable}). Give it one: python -m ensurepip")
    if importlib.util.find_spec("numpy") is None:
        raise CannotInstall("numpy must be there first, and comes with TILscope. Run first: pip install tilscope")
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC")
    # On Windows Python names no compiler: there pip's build finds it, or says so.
    if compiler and shutil.which(shlex.split(compiler)[0]) is None:
        raise CannotInstall(
            f"a C compiler is needed, and {shlex.split(compiler)[0]} is not here. On Debian and Ubuntu: apt-get install gcc; "
            "or set CC to the compiler to use"
        )
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").is_file():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CannotInstall(
            f"Python's headers are needed, and {headers}/Python.h is not here. On Debian and Ubuntu: "
            f"apt-get install python{version}-dev"
        )


def install() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        say("installing it")
        pip("install", str(wheel))
    if not works():
        raise CannotInstall(
            f'pip installed it, but it cannot be imported. See why: {sys.executable} -c "import radiomics"'
        )


def build(folder: Path) -> Path:
    """The wheel for this Python and machine, in the folder."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "sitecustomize.py").write_text(OLD_NAMES, encoding="utf-8")
        (work / "source.txt").write_text(SOURCE, encoding="utf-8")
        (work / "builder.txt").write_text(BUILDER, encoding="utf-8")
        say("fetching what builds it")
        tools = str(work / "builder")
        pip("install", "--require-hashes", "--requirement", str(work / "builder.txt"), "--target", tools)
        say(f"building pyradiomics {VERSION}")
        # The cache is left alone: what it may hold was built with another numpy.
        pip(
            *("wheel", "--require-hashes", "--requirement", str(work / "source.txt"), "--wheel-dir", str(folder)),
            *("--no-deps", "--no-build-isolation", "--use-pep517", "--no-cache-dir", "--no-binary", "pyradiomics"),
            PYTHONPATH=os.pathsep.join(filter(None, [str(work), tools, os.environ.get("PYTHONPATH")])),
        )
    return next(folder.glob(f"pyradiomics-{VERSION}-*.whl"))


def pip(*arguments: str, **environment: str) -> None:
    """Run this Python's pip; its own words are shown only where it fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    ended = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if ended.returncode != 0:
        print(ended.stdout, file=sys.stderr)
        raise CannotInstall(f"pip {arguments[0]} failed; its words are above")


if __name__ == "__main__":
    sys.exit(main())
