"""An installation without the extras: everything that needs no server works, and what needs one says how to get it.

The packages of the extras are there when the tests run; a finder before all others makes them be missing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from study_on_disk import StudyOnDisk

from tilscope.service.extras import EXTRAS

ROOT = Path(__file__).resolve().parents[2]

#: What an installation without extras does not bring. scikit-learn brings joblib.
_MISSING = sorted({module for modules in EXTRAS.values() for module in modules} - {"joblib"} | {"starlette"})

_WITHOUT = f"""
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {_MISSING!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""

_COMMAND = "from tilscope.service.cli import main; main()"

_API = """
import tilscope
found = tilscope.inspect({folder!r})
result = tilscope.score({folder!r})
saved = result.save({out!r})
table = tilscope.features({folder!r}, "wu2018")
print(len(found.phases), result.mask("lesion 1").GetSize() == result.image("late").GetSize(), *table["state"].to_pylist())
"""


def python(program: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT + program, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return python(_COMMAND, *words)


def test_the_api_scores_and_extracts(small_study: StudyOnDisk, tmp_path: Path) -> None:
    done = python(_API.format(folder=str(small_study.folder), out=str(tmp_path / "out")))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["4", "True", "measured"]
    assert (tmp_path / "out" / "montage.png").is_file()


def test_the_commands_for_folders_work(tmp_path: Path) -> None:
    study = tmp_path / "study"
    for words in (
        ("--help",),
        ("phantom", "--small", "--out", study),
        ("inspect", study / "dicom"),
        ("ftv", study / "dicom", "--box-mm=-120,-200,-100,120,100,100"),
        ("score", study / "dicom", "--out", tmp_path / "out"),
        ("features", study / "dicom", "--set", "wu2018", "--out", tmp_path / "table.csv"),
        ("orthanc-plugin",),
    ):
        done = command(*words)
        assert done.returncode == 0, (words, done.stderr)
    assert (tmp_path / "out" / "result.json").is_file()
    assert "measured" in (tmp_path / "table.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("calibrate", "wu2018", "--cohort", "x", "--out", "x.json"), "service"),
        (("demo", "--once"), "service"),
        (("features", "{study}", "--set", "wu2018", "--out", "{out}/t.csv", "--workers", "2"), "research"),
        (("features", "https://pacs.example/dicom-web", "--set", "wu2018", "--out", "{out}/t.csv"), "dicomweb"),
    ],
)
def test_a_command_of_an_extra_says_which_one(
    words: tuple[str, ...], extra: str, small_study: StudyOnDisk, tmp_path: Path
) -> None:
    done = command(*(word.format(study=small_study.folder, out=tmp_path) for word in words), "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["kind"], said["code"]) == ("fault", "missing-extra")
    assert said["error"].endswith(f'which is not installed: pip install "tilscope[{extra}]"')
    assert "Traceback" not in done.stderr


def test_the_api_says_which_extra(small_study: StudyOnDisk) -> None:
    program = """
import tilscope
from tilscope.service.extras import MissingExtra
for ask in (
    lambda: tilscope.open_archive("https://pacs.example/dicom-web").__enter__(),
    lambda: tilscope.features({folder!r}, "wu2018", workers=2),
    lambda: tilscope.Result(None, (), ()).to_frame(),
):
    try:
        ask()
    except MissingExtra as missing:
        print(missing.extra)
"""
    done = python(program.format(folder=str(small_study.folder)))
    assert done.stdout.split() == ["dicomweb", "research", "research"], done.stderr


def test_the_service_says_so_and_does_not_start() -> None:
    done = python("import sys; from tilscope.service.run import main; sys.exit(main(['--settings', 'nowhere.json']))")
    assert done.returncode == 1
    assert done.stderr.strip().endswith('which is not installed: pip install "tilscope[service]"')


def test_every_requirement_of_an_extra_can_be_named_when_it_is_missing() -> None:
    """Else an import ends in a traceback instead of the line that installs the extra."""
    modules = {"sqlalchemy": "sqlalchemy", "prometheus-client": "prometheus_client", "markdown-it-py": "markdown_it"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, known in EXTRAS.items():
        for requirement in project["optional-dependencies"][extra]:
            name = re.split(r"[\[<>=]", requirement)[0]
            # rich, which draws the command line, brings it.
            if name != "markdown-it-py":
                assert modules.get(name, name.replace("-", "_")) in known, f"{extra}: {name}"
