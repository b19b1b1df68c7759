"""The rules of the house that no type checker knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from order_of_tests import LONGEST

ROOT = Path(__file__).resolve().parent.parent

#: Each floor may import itself and the floors named here. dicom_io and phantom are neighbours and do not meet.
MAY_IMPORT = {
    "models": set(),
    "dicom_io": {"models"},
    "phantom": {"models"},
    "service": {"dicom_io", "phantom", "models"},
    "tilscope": {"service", "phantom", "dicom_io", "models"},
    "orthanc": set(),
}
FLOORS = set(MAY_IMPORT)


@dataclass(frozen=True)
class Import:
    """One line that imports something of ours."""

    path: Path
    module: str
    """As a path below the repository's root, without its suffix: models/imaging/series."""

    @property
    def floor(self) -> str:
        return self.module.split("/")[0]

    @property
    def room(self) -> str:
        """A folder; or a file that stands in a floor by itself."""
        return self.module if (ROOT / self.module).is_dir() or self.module.count("/") == 1 else _parent(self.module)


def _parent(module: str) -> str:
    return module.rpartition("/")[0]


def imports_of(path: Path) -> Iterator[Import]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from package import module` and `from module import name` look alike.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if _exists(name) else node.module for name in names]
        else:
            continue
        for name in names:
            if name == "tilscope" or name.startswith("tilscope."):
                inside = name.removeprefix("tilscope").removeprefix(".").replace(".", "/")
                yield Import(path, inside if inside.split("/")[0] in FLOORS else f"tilscope/{inside}")


def _exists(name: str) -> bool:
    place = ROOT / name.removeprefix("tilscope.").replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


def room_of(path: Path) -> str:
    inside = path.relative_to(ROOT)
    alone = len(inside.parts) == 2 and inside.name != "__init__.py"
    return (inside.with_suffix("") if alone else inside.parent).as_posix()


def sources(*floors: str) -> list[Path]:
    return sorted(path for floor in floors for path in (ROOT / floor).rglob("*.py"))


@pytest.mark.parametrize("floor", MAY_IMPORT)
def test_imports_run_only_downward(floor: str) -> None:
    assert sources(floor), f"{floor}/ is empty"
    for path in sources(floor):
        upward = {one.floor for one in imports_of(path)} - MAY_IMPORT[floor] - {floor}
        assert not upward, f"{path.relative_to(ROOT)} imports {', '.join(sorted(upward))}"


def test_nothing_of_ours_is_imported_by_a_name_that_others_may_have() -> None:
    """`import models` would be whatever folder of that name comes first."""
    for path in sources(*FLOORS, "tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            loose = {name.split(".")[0] for name in names} & (FLOORS - {"tilscope", "orthanc"})
            assert not loose, f"{path.relative_to(ROOT)} imports {', '.join(loose)} without `tilscope.`"


@pytest.mark.parametrize("floor", ["models", "dicom_io", "service"])
def test_no_two_rooms_need_each_other(floor: str) -> None:
    """A room can be read, and changed, without those that stand on it: `graphlib` names the circle if there is one."""
    needs: dict[str, set[str]] = {}
    for path in sources(floor):
        if path != ROOT / floor / "__init__.py":
            mine = room_of(path)
            needs.setdefault(mine, set()).update(one.room for one in imports_of(path) if one.room != mine)
    order = [room for room in TopologicalSorter(needs).static_order() if room.startswith(floor)]
    assert len(order) > 5


def test_a_studys_trip_through_score_runs_downward() -> None:
    """Nothing that `score` calls, however far down, knows who asked for the score or what becomes of it."""
    start = ROOT / "service" / "scoring" / "score.py"
    seen, next_ones = {start}, [start]
    while next_ones:
        for one in imports_of(next_ones.pop()):
            place = ROOT / one.module
            path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
            if path.is_file() and path not in seen:
                seen.add(path)
                next_ones.append(path)
    rooms = {room_of(path) for path in seen if path.is_relative_to(ROOT / "service")}
    # `service/site` is what the site has installed, and is asked by name only.
    assert rooms <= {"service", "service/scoring", "service/site"}


@pytest.mark.parametrize("floor", ["models", "dicom_io", "service"])
def test_every_room_says_what_it_is(floor: str) -> None:
    for room in sorted({path.parent for path in sources(floor)}):
        said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
        assert said, f"{room.relative_to(ROOT)}/__init__.py has no docstring"


def test_no_class_name_is_used_for_two_things() -> None:
    where: dict[str, list[str]] = {}
    for path in sources(*FLOORS):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                where.setdefault(node.name, []).append(path.relative_to(ROOT).as_posix())
    twice = {name: paths for name, paths in where.items() if len(paths) > 1}
    assert not twice


def test_models_knows_no_dicom_and_no_network() -> None:
    forbidden = {"pydicom", "pynetdicom", "highdicom", "dicomweb_client", "httpx", "requests", "fastapi", "sqlalchemy"}
    for path in sorted((ROOT / "models").rglob("*.py")):
        words = path.read_text(encoding="utf-8")
        tree = ast.parse(words)
        names = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, (ast.Import, ast.ImportFrom)) and (not isinstance(node, ast.ImportFrom) or node.module)
        }
        assert not names & forbidden, path.name


def test_the_plugin_needs_the_standard_library_only() -> None:
    import sys

    for path in sorted((ROOT / "orthanc").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").split(".")[0]]
            else:
                continue
            for name in names:
                assert (
                    name in {"orthanc", "tilscope_configuration", "tilscope_people", "tilscope_viewer"}
                    or name in sys.stdlib_module_names
                ), f"{path.name} imports {name}"


def test_the_orthanc_folder_is_no_package() -> None:
    """`orthanc` is also the module that Orthanc injects; a package of that name would hide it."""
    assert not (ROOT / "orthanc" / "__init__.py").exists()


def test_no_lock_file_names_a_registry() -> None:
    locks = sorted((ROOT / "docker").glob("requirements*.lock"))
    assert len(locks) >= 4
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text


def test_every_dependency_is_explained() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(requirement for extra in optional.values() for requirement in extra)]
    explained = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in wanted:
        name = requirement.split(">")[0].split("=")[0].split("<")[0].split("[")[0]
        assert f"**{name}**" in explained, f"{name} is not in docs/dependencies.md"


def test_no_array_view_outlives_its_image() -> None:
    """SimpleITK's view of an image that nobody holds shows freed memory: of a call's result, a copy must be taken."""
    for path in sorted(p for floor in (*FLOORS, "tests") for p in (ROOT / floor).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("GetArrayViewFromImage"):
                given = node.args[0]
                # A phase's float32 image is made at each call, though it is written as a property.
                made_anew = isinstance(given, ast.Attribute) and given.attr in {"image", "pre", "early", "late"}
                outlives = made_anew or isinstance(given, ast.Call)
                assert not outlives, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_the_files_that_are_run_first_are_there() -> None:
    names = sorted(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert {name: names.count(name) for name in LONGEST} == dict.fromkeys(LONGEST, 1)
