"""The rules of the house that no type checker knows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Each floor may import itself and the floors named here. dicom_io and phantom are neighbours and do not meet.
MAY_IMPORT = {
    "models": set(),
    "dicom_io": {"models"},
    "phantom": {"models"},
    "service": {"dicom_io", "phantom", "models"},
    "orthanc": set(),
}
FLOORS = set(MAY_IMPORT)


def imported_floors(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names & FLOORS


@pytest.mark.parametrize("floor", MAY_IMPORT)
def test_imports_run_only_downward(floor: str) -> None:
    files = sorted((ROOT / floor).rglob("*.py"))
    assert files, f"{floor}/ is empty"
    for path in files:
        # orthanc/plugin.py imports the module that Orthanc injects, which has the folder's name.
        upward = imported_floors(path) - MAY_IMPORT[floor] - {floor}
        assert not upward, f"{path.relative_to(ROOT)} imports {', '.join(sorted(upward))}"


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
                assert name in {"orthanc", "tilscope_viewer"} or name in sys.stdlib_module_names, (
                    f"{path.name} imports {name}"
                )


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
