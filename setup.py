"""Finds the packages below the folders that `pyproject.toml` maps, and builds the kernels where there is a compiler."""

import tomllib
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).parent
MAPPED = tomllib.loads((HERE / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
KERNELS = "models/kernels"
LIBRARY = "libkernels.so.1"


def packages() -> list[str]:
    """Every package by the name under which it is imported."""
    found = {package: find_packages(folder) for package, folder in MAPPED.items()}
    return sorted({*MAPPED, *(f"{package}.{inner}" for package, inners in found.items() for inner in inners)})


def kernels(pattern: str) -> list[str]:
    """Files of the kernels, by their paths in the repository."""
    return sorted(path.relative_to(HERE).as_posix() for path in (HERE / KERNELS).glob(pattern))


class BuildKernels(build_ext):
    """A shared library that knows no Python: one name on every platform, and no function that Python would look for."""

    def get_ext_filename(self, fullname: str) -> str:
        return str(Path(*fullname.split(".")).with_name(LIBRARY))

    def get_export_symbols(self, ext: Extension) -> list[str]:
        return []

    def build_extension(self, ext: Extension) -> None:
        unix = self.compiler.compiler_type != "msvc"
        # Products and sums stay apart where a processor could join them: the same bits on every machine.
        ext.extra_compile_args = (
            ["-std=c11", "-O3", "-g0", "-ffp-contract=off", "-fvisibility=hidden"] if unix else ["/O2"]
        )
        super().build_extension(ext)


class PlatformWheel(bdist_wheel):
    """Serves every Python of its platform; every platform where the kernels could not be built."""

    def get_tag(self) -> tuple[str, str, str]:
        built = any(Path(self.bdist_dir or "").rglob(LIBRARY))
        return ("py3", "none", super().get_tag()[2] if built else "any")


setup(
    packages=packages(),
    ext_modules=[
        Extension(
            "tilscope.models.kernels.libkernels",
            kernels("*.c"),
            depends=kernels("*.h"),
            # Without a compiler the numpy twins do the work.
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels, "bdist_wheel": PlatformWheel},
)
