"""The folders of the repository as one package: what `pyproject.toml` cannot say, since packages are found and renamed here."""

from setuptools import find_packages, setup

#: A folder of the repository -> the package that it is when installed.
FOLDERS = {
    "tilscope": "tilscope",
    "models": "tilscope.models",
    "dicom_io": "tilscope.dicom_io",
    "phantom": "tilscope.phantom",
    "service": "tilscope.service",
    # Files that are shown or copied, and never imported.
    "orthanc": "tilscope.orthanc_plugin",
    "docs": "tilscope.guide",
}


def packages() -> list[str]:
    found = find_packages(include=[f"{folder}*" for folder in FOLDERS if folder != "tilscope"])
    inner = ["tilscope." + name for name in found]
    return sorted({*FOLDERS.values(), *inner})


setup(packages=packages(), package_dir={package: folder for folder, package in FOLDERS.items()})
