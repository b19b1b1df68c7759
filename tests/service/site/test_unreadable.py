"""Installed files that cannot be read: only what needs them gives no score, and whoever can mend it is told their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilscope.models.result import CalibrationState, Measurement
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures.base import Installed, conclude
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.service.site.installed import digests_of_installed, installed_at
from tilscope.service.site.installed_list import installed_models, installed_references_listed
from tilscope.service.site.model_manifest import MANIFEST


def no_bytes_come_from(path: Path) -> None:
    """A file that is there and gives an error when it is read, to root as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to("/proc/self/mem")


@pytest.fixture
def site(tmp_path: Path) -> PipelineSettings:
    return PipelineSettings(references_folder=str(tmp_path / "references"), models_folder=str(tmp_path / "models"))


def test_only_the_signature_that_needs_the_file_goes_without(site: PipelineSettings) -> None:
    no_bytes_come_from(Path(site.references_folder) / "wu2018.json")
    installed = installed_at(site)
    assert {id for id, one in installed.items() if one.unreadable} == {"wu2018"}
    assert installed["wu2018"].unreadable == ("wu2018.json",)
    assert installed["wu2018"].reference is None


def test_that_of_the_scanner_is_not_replaced_by_that_of_all(site: PipelineSettings) -> None:
    no_bytes_come_from(Path(site.references_folder) / "wu2018@maker-a.json")
    (Path(site.references_folder) / "wu2018.json").write_text("{}")
    assert installed_at(site, "Maker A")["wu2018"].unreadable == ("wu2018@maker-a.json",)


def test_a_model_that_cannot_be_read_is_missed_by_its_signature_alone(site: PipelineSettings) -> None:
    no_bytes_come_from(Path(site.models_folder) / "han2024" / MANIFEST)
    assert {id for id, one in installed_at(site).items() if one.unreadable} == {"han2024"}
    (listed,) = installed_models(site)
    assert listed.problem == f"The model in han2024 cannot be used: {MANIFEST} cannot be read (Input/output error)."


def test_what_was_concluded_without_it_is_outdated_when_it_can_be_read(site: PipelineSettings) -> None:
    path = Path(site.references_folder) / "wu2018.json"
    before = digests_of_installed(site)["wu2018"]
    no_bytes_come_from(path)
    meanwhile = digests_of_installed(site)["wu2018"]
    path.unlink()
    path.write_text("{}")
    assert len({before, meanwhile, digests_of_installed(site)["wu2018"]}) == 3


def test_the_list_of_what_is_installed_says_so(site: PipelineSettings) -> None:
    no_bytes_come_from(Path(site.references_folder) / "wu2018.json")
    (listed,) = installed_references_listed(site)
    assert listed.problem == "The reference wu2018.json cannot be used: it cannot be read (Input/output error)."


def test_the_features_are_given_and_no_score() -> None:
    features = tuple(Measurement.of(id, id, 1.0, "1") for id in WU_2018.model_features)
    result = conclude(WU_2018, features, PipelineSettings(), Installed(unreadable=("wu2018.json",)))
    assert result.reason == ("wu2018.json cannot be read: the features are given, a score and a class are withheld.")
    assert (result.state, result.category) == (CalibrationState.UNCALIBRATED, None)
    assert result.score is not None
    assert (result.score.value, result.score.reason) == (None, "wu2018.json cannot be read")
