"""What a technologist has typed is no evidence: blank or exchanged descriptions leave every assembly as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from pydicom import Dataset

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import Assembly, inspect
from tilscope.phantom import LAYOUTS, PhantomStudy, write_study

#: Free text of a person or a protocol. ImageType is the scanner's, and stays.
FREE_TEXT = ("SeriesDescription", "ProtocolName", "StudyDescription", "ImageComments")
#: Series that are the same acquisition: their descriptions may be exchanged without saying of one that it is computed.
DYNAMIC = ("dynamic", "registered", "motion-corrected", "duplicate")
Headers = Callable[[str], tuple[list[Dataset], dict[str, str]]]


@pytest.fixture(scope="module")
def headers_of(tiny: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> Headers:
    """All headers of the tiny study in a layout, companions too, and what each series is."""

    @cache
    def written(name: str) -> tuple[list[Dataset], dict[str, str]]:
        folder: Path = tmp_path_factory.mktemp(name)
        write_study(tiny, folder, name)
        archive = FolderArchive(folder / "dicom")
        return archive.headers(archive.only_study()), kinds_in(folder)

    return written


def kinds_in(folder: Path) -> dict[str, str]:
    truth = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))
    return {one["series_instance_uid"]: one["kind"] for one in truth["series"]}


def described(headers: list[Dataset], texts: Mapping[str, str]) -> list[Dataset]:
    """The same headers with these descriptions by series and no other free text."""
    changed = []
    for header in headers:
        copy = Dataset({element.tag: element for element in header if element.keyword not in FREE_TEXT})
        copy.SeriesDescription = texts.get(str(header.SeriesInstanceUID), "")
        changed.append(copy)
    return changed


def decided(assembly: Assembly) -> object:
    """Everything but the words: which image is of which phase, when, and the reason for a refusal."""
    if assembly.refusal is not None:
        return assembly.refusal.code
    return [
        (s.laterality, s.roles, s.time_zero, [(p.time_s, p.instance_uids) for p in s.phases])
        for s in assembly.require_sources()
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_study_without_any_description_is_assembled_the_same(layout: str, headers_of: Headers) -> None:
    headers, _ = headers_of(layout)
    assert decided(inspect(described(headers, {}))) == decided(inspect(headers))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_descriptions_on_the_wrong_series_change_nothing(layout: str, headers_of: Headers) -> None:
    headers, kinds = headers_of(layout)
    told = {str(h.SeriesInstanceUID): str(h.SeriesDescription) for h in headers}
    dynamic = [uid for uid in told if kinds[uid] in DYNAMIC]
    backwards = dict(zip(dynamic, [told[uid] for uid in reversed(dynamic)], strict=True))
    assert decided(inspect(described(headers, told | backwards))) == decided(inspect(headers))
