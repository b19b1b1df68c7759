"""The wheel, built and installed as a user does it, beside this environment's libraries: it is complete, and in nobody's way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from study_on_disk import StudyOnDisk

from tilscope.models.kernels.library import LIBRARY

ROOT = Path(__file__).resolve().parents[2]
#: What the wheel is made of; nothing else of a checkout can then slip in.
SOURCES = ("tilscope", "models", "dicom_io", "phantom", "service", "orthanc", "docs")
FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE")
#: Not copied: the wheel builds its own.
BUILT = ("__pycache__", LIBRARY.name)
#: For type checkers, and never installed.
NOT_INSTALLED = {".pyi", ".pyc"}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """An environment in which the wheel was installed."""

    folder: Path
    wheel: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def tilscope(self) -> Path:
        return self.folder / "bin" / "tilscope"

    @property
    def package(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages/tilscope")
        return found

    def run(self, *words: object, at: Path, **environment: str) -> str:
        """What a program writes, that runs in a folder where our sources are not."""
        usual = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        done = subprocess.run(
            list(map(str, words)), cwd=at, env={**usual, **environment},
            capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        shutil.copytree(ROOT / name, place / "source" / name, ignore=shutil.ignore_patterns(*BUILT))
    for name in FILES:
        shutil.copy(ROOT / name, place / "source")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", place, place / "source"]
    subprocess.run(build, check=True)
    (wheel,) = place.glob("*.whl")
    environment = place / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # Libraries as they are here. Files .pth that lie there are not read, so that this checkout is not among them.
    libraries = {sysconfig.get_path("purelib"), *(one for one in sys.path if one.endswith("-packages"))}
    (packages / "libraries.pth").write_text("\n".join(sorted(libraries)))
    install = ["install", "--no-deps", "--no-index", "--ignore-installed", wheel]
    subprocess.run([environment / "bin" / "python", *pip[1:], *install], check=True)
    return Installed(environment, wheel)


def test_it_holds_one_package_and_nothing_beside_it(installed: Installed) -> None:
    tops = {name.partition("/")[0] for name in ZipFile(installed.wheel).namelist()}
    assert tops == {"tilscope", next(top for top in tops if top.endswith(".dist-info"))}


def test_every_file_of_the_package_is_in_it(installed: Installed) -> None:
    """Pages, demo artefacts, plugin and all: whatever lies in the folders."""
    names = {"orthanc": "orthanc_plugin", "tilscope": ""}
    for folder in (one for one in SOURCES if one != "docs"):
        place = ROOT / folder
        for path in place.rglob("*"):
            if path.is_file() and path.suffix not in NOT_INSTALLED and not path.name.startswith("."):
                there = installed.package / names.get(folder, folder) / path.relative_to(place)
                assert there.is_file(), f"{path.relative_to(ROOT)} is not in the wheel"
    assert [path.name for path in (installed.package / "guide").iterdir()] == ["reading-guide.md"]


def test_one_wheel_serves_every_python_of_a_platform(installed: Installed, tmp_path: Path) -> None:
    """The kernels know no Python. Without a compiler there is none, and the wheel serves every platform."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    assert installed.wheel.name.rpartition("-py3-none-")[2].startswith("linux" if compiler else "any")
    program = "from tilscope.models.kernels.library import library; print(library() is not None)"
    assert installed.run(installed.python, "-c", program, at=tmp_path).strip() == str(compiler is not None)


def test_it_is_imported_from_where_it_was_installed_and_knows_its_version(installed: Installed, tmp_path: Path) -> None:
    said = installed.run(
        installed.python, "-c", "import tilscope; print(tilscope.__file__, tilscope.__version__)", at=tmp_path
    )
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert said.split() == [str(installed.package / "__init__.py"), version]


def test_names_that_others_have_do_it_no_harm(installed: Installed, small_study: StudyOnDisk, tmp_path: Path) -> None:
    """A package called `service` is installed beside it, a researcher's own models/ lies in the folder; neither is looked at."""
    for place, names in (
        (installed.package.parent, ["service"]),
        (tmp_path, ["service", "models", "dicom_io", "phantom", "orthanc"]),
    ):
        for name in names:
            (place / name).mkdir()
            (place / name / "__init__.py").write_text(f"raise RuntimeError('the wrong {name} was imported')")
    program = f"import tilscope; print(tilscope.score({str(small_study.folder)!r}).mask_names)"
    assert "lesion 1" in installed.run(installed.python, "-c", program, at=tmp_path)
    answer = installed.run(
        installed.tilscope,
        "score",
        small_study.folder,
        "--out",
        "results",
        "--json",
        at=tmp_path,
        PYTHONPATH=str(tmp_path),
    )
    assert json.loads(answer)["dynamic_series"][0]["lesions"]
    assert (tmp_path / "results" / "montage.png").is_file()


def test_the_guide_can_be_read(installed: Installed, tmp_path: Path) -> None:
    program = """
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.guide_page import guide_page
print(guide_page(PageFrame(False)))
"""
    assert "<h1" in installed.run(installed.python, "-c", program, at=tmp_path)


def test_the_plugin_is_found(installed: Installed, tmp_path: Path) -> None:
    assert Path(installed.run(installed.tilscope, "orthanc-plugin", at=tmp_path).strip()) == (
        installed.package / "orthanc_plugin" / "plugin.py"
    )


def test_the_demo_runs_from_it(installed: Installed, tmp_path: Path) -> None:
    before = sorted(installed.package.rglob("*.*"))
    answer = json.loads(installed.run(installed.tilscope, "demo", "--once", "--json", at=tmp_path))
    assert sorted(one["modality"] for one in answer["objects"]) == ["DOC", "SEG", "SEG", "SEG", "SR"]
    assert (tmp_path / ".demo" / "orthanc.json").is_file(), "its data lie where it was called"
    assert [path for path in sorted(installed.package.rglob("*.*")) if path.suffix != ".pyc"] == [
        path for path in before if path.suffix != ".pyc"
    ]
