"""Finds the packages below the folders that `pyproject.toml` maps, which it has no words for."""

import tomllib
from pathlib import Path

from setuptools import find_packages, setup

MAPPED = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]


def packages() -> list[str]:
    """Every package by the name under which it is imported."""
    found = {package: find_packages(folder) for package, folder in MAPPED.items()}
    return sorted({*MAPPED, *(f"{package}.{inner}" for package, inners in found.items() for inner in inners)})


setup(packages=packages())
