"""Each check says what is wrong and what to do, and nothing of what is in order."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tilscope.service.demo.demo_artefacts import install
from tilscope.service.doctor.checks import memory
from tilscope.service.doctor.checks.access import check_access
from tilscope.service.doctor.checks.artefacts import check_artefacts
from tilscope.service.doctor.checks.clock import check_clock
from tilscope.service.doctor.checks.configuration import check_configuration
from tilscope.service.doctor.checks.disk import check_disk
from tilscope.service.doctor.checks.files import check_files
from tilscope.service.doctor.checks.findings import Severity
from tilscope.service.doctor.checks.libraries import check_libraries
from tilscope.service.doctor.checks.memory import check_memory
from tilscope.service.doctor.checks.tls import check_tls
from tilscope.service.doctor.checks.versions import check_versions
from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration
from tilscope.service.doctor.examination import Check, examine_installation
from tilscope.service.doctor.installation.account import Account, acting_as, may
from tilscope.service.doctor.installation.installation import Installation
from tilscope.service.doctor.installation.orthanc_answers import OrthancAnswers
from tilscope.service.package_files import plugin_script
from tilscope.service.settings import ServiceSettings

Make = Callable[..., Installation]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can look with another user's eyes")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An Orthanc's folder with these keys, given as files; the plugin and a user are there where nothing else is said."""

    def make(*files: dict[str, Any], **keys: Any) -> Installation:
        folder = tmp_path / "orthanc"
        folder.mkdir(exist_ok=True)
        usual = {
            "StorageDirectory": str(tmp_path / "storage"),
            "HttpPort": 1,  # where no Orthanc answers
            "AuthenticationEnabled": True,
            "RegisteredUsers": {"radiologist": "a good one"},
            "Plugins": ["/usr/share/orthanc/plugins/libOrthancPython.so", "/x/libOrthancDicomWeb.so"],
            "PythonScript": str(plugin_script()),
            "Tilscope": {"Python": sys.executable},
        }
        for number, content in enumerate(files or ({**usual, **keys},)):
            path = folder / f"{number}.json"
            path.write_text(json.dumps(content))
            path.chmod(0o640)
        return Installation.of_orthanc(folder, Account.of_this_process().name)

    return make


def said(check: Check, installation: Installation) -> list[str]:
    return [f"{one.severity}: {one.sentence}" for one in check(installation)]


def test_where_all_is_well_nothing_is_said(make: Make) -> None:
    found = examine_installation(make(), (check_configuration, check_files, check_access, check_tls, check_artefacts))
    assert found == []


class TestConfiguration:
    def test_a_key_in_two_files_stops_orthanc(self, make: Make) -> None:
        here = make({"PythonScript": "/etc/orthanc/sample.py"}, {"PythonScript": str(plugin_script()), "Tilscope": {}})
        assert (
            "stops: PythonScript stands in 0.json and 1.json, and Orthanc does not start where two files give one key."
            in said(check_configuration, here)
        )

    def test_a_file_that_is_not_json(self, make: Make) -> None:
        here = make()
        assert here.configuration is not None
        (here.configuration.place / "broken.json").write_text("{")
        now = replace(here, configuration=OrthancConfiguration.read(here.configuration.place))
        (words,) = said(check_configuration, now)
        assert words.endswith("broken.json cannot be read: it is not JSON.")

    @pytest.mark.parametrize(
        ("keys", "words"),
        [
            ({"Tilscope": {"Wrokers": 2}}, "'Wrokers' is unknown; did you mean 'Workers'?"),
            ({"Tilscope": {"Python": "/no/such/python"}}, "/no/such/python cannot be executed"),
            ({"Tilscope": {"Python": sys.executable, "WorkerMemory": "1KiB"}}, "a memory size from 64MiB"),
            ({"RegisteredUsers": {}}, "Nobody could log in"),
            ({"PythonScript": ""}, "PythonScript is not set, so that Orthanc does not load TILscope."),
            ({"Plugins": ["/no/such/folder"]}, "does not name libOrthancPython.so"),
            ({"Tilscope": []}, "must be"),
        ],
    )
    def test_what_would_stop_is_said(self, make: Make, keys: dict[str, Any], words: str) -> None:
        stops = [one for one in said(check_configuration, make(**keys)) if one.startswith("stops")]
        assert any(words in one for one in stops), stops

    def test_without_our_section_only_that_is_said(self, make: Make) -> None:
        assert said(check_configuration, make({"Name": "x"})) == [
            'stops: Orthanc\'s configuration has no section "Tilscope".'
        ]

    def test_of_a_service_elsewhere_nothing_is_known_here(self, make: Make) -> None:
        here = make(Tilscope={"ServiceUrl": "https://a.example", "ServiceToken": "a"})
        assert (here.settings, said(check_configuration, here)) == (None, [])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"AuthenticationEnabled": False}, "Orthanc asks nobody for a password"),
        ({"AuthenticationEnabled": False, "RemoteAccessAllowed": True}, "may do everything in Orthanc without"),
        ({"RegisteredUsers": {}, "RemoteAccessAllowed": True}, "whose name and password everybody knows"),
        ({"RegisteredUsers": {"a": "change-this-password"}}, "The password of a is that of an example."),
        ({"RemoteAccessAllowed": True}, "reach Orthanc without TLS"),
    ],
)
def test_who_may_enter(make: Make, keys: dict[str, Any], words: str) -> None:
    assert words in said(check_access, make(**keys))[0]


def test_passwords_that_everybody_may_read(make: Make, tmp_path: Path) -> None:
    here = make()
    (tmp_path / "orthanc" / "0.json").chmod(0o644)
    (words,) = said(check_access, here)
    assert words.startswith("warning: Every user of this machine can read the passwords in")


def test_a_certificate_that_is_not_there(make: Make) -> None:
    (words,) = said(check_tls, make(SslEnabled=True, SslCertificate="/no/such/certificate.pem"))
    assert "cannot read the certificate /no/such/certificate.pem" in words


def of_service(folder: Path, **settings: Any) -> Installation:
    return Installation.of_service(ServiceSettings.read({"data_directory": str(folder), "token": "x" * 16, **settings}))


@as_root
class TestFiles:
    """As nobody, who owns a storage and nothing else."""

    @pytest.fixture
    def data(self) -> Iterator[Path]:
        """pytest's own folders are for their owner only."""
        nobody = Account.named("nobody")
        assert nobody is not None
        with tempfile.TemporaryDirectory() as root:
            storage = Path(root, "storage")
            for folder in (Path(root), storage):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
            os.chown(storage, nobody.user, nobody.group)
            yield storage / "tilscope"

    @pytest.fixture
    def here(self, data: Path) -> Installation:
        nobody = Account.named("nobody")
        assert nobody is not None
        return replace(of_service(data), account=nobody, python=Path("/usr/bin/true"))

    def test_in_order(self, here: Installation) -> None:
        assert said(check_files, here) == []

    def test_one_reference_that_root_installed(self, here: Installation, data: Path) -> None:
        install(data)
        os.chown(data, here.account.user, here.account.group)
        (data / "references" / "wu2018.json").chmod(0o600)
        (words,) = said(check_files, here)
        assert (
            words == f"stops: nobody cannot read {data}/references/wu2018.json, so that what needs it is not computed."
        )

    def test_a_data_directory_that_is_another_users(self, here: Installation, data: Path) -> None:
        data.mkdir(mode=0o700)
        assert said(check_files, here)[0] == f"stops: nobody cannot write in the data directory {data}."

    def test_a_storage_that_is_another_users(self, here: Installation, data: Path) -> None:
        os.chown(data.parent, 0, 0)
        assert said(check_files, here) == [f"stops: nobody cannot make the data directory {data}."]

    def test_a_program_in_a_home(self, here: Installation, data: Path) -> None:
        home = data.parent / "home"
        home.mkdir(mode=0o700)
        (words,) = said(check_files, replace(here, python=home / "python"))
        assert words.startswith(f"stops: nobody cannot run {home}/python")

    def test_afterwards_it_is_root_again(self, here: Installation, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        with acting_as(here.account):
            assert not may(tmp_path, os.R_OK)
        assert may(tmp_path, os.R_OK)
        assert Account.of_this_process().user == 0


def test_a_reference_that_is_no_reference(tmp_path: Path) -> None:
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "wu2018.json").write_text("{}")
    (words,) = said(check_artefacts, of_service(tmp_path))
    assert words.startswith("warning: The reference wu2018.json cannot be used:")


def test_a_model_without_its_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "fan2023"
    folder.mkdir(parents=True)
    (folder / "tilscope-model.json").write_text("{}")
    (words,) = said(check_artefacts, of_service(tmp_path))
    assert words.startswith("warning: The model of fan2023 cannot be used:")


def test_more_workers_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_bytes", lambda: 8 * 2**30)
    assert said(check_memory, of_service(tmp_path, workers=1)) == []
    here = of_service(tmp_path, workers=3)
    (finding,) = check_memory(here)
    assert finding.sentence.endswith("more than the 8.0 GiB that are there.")
    assert finding.remedy.startswith("Have at most 1 Workers")


def test_memory_is_what_this_machine_has() -> None:
    assert memory.memory_bytes() > 2**28


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, severity in ((10**8, Severity.STOPS), (2 * 10**9, Severity.WARNING)):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
        (finding,) = check_disk(of_service(tmp_path / "not" / "yet" / "there"))
        assert finding.severity is severity
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**12}))
    assert said(check_disk, of_service(tmp_path)) == []


def answering(folder: Path, version: str = "1.12.7", ahead_s: float = 0.0, **plugins: str) -> Installation:
    answers = OrthancAnswers(version, {"python": "5.0", "dicom-web": "1.20", **plugins}, ahead_s)
    return replace(of_service(folder), orthanc=answers)


def test_versions(tmp_path: Path) -> None:
    assert said(check_versions, answering(tmp_path)) == []
    assert said(check_versions, answering(tmp_path, "mainline")) == []
    assert said(check_versions, answering(tmp_path, "1.9.7", python="3.2")) == [
        "warning: Orthanc 1.9.7 is older than 1.10.1, with which TILscope is tested.",
        "warning: Orthanc's plugin python 3.2 is older than 4.0, with which TILscope is tested.",
    ]


def test_our_own_libraries_are_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = of_service(tmp_path)
    assert said(check_libraries, here) == []
    monkeypatch.setattr(
        "tilscope.service.doctor.checks.libraries.requires",
        lambda _: [
            "numpy>=99,<100",
            'fastapi>=99.1; extra == "service"',
            'no-such-one>=1; extra == "dev"',
            "nowhere[a]>=1",
        ],
    )
    words = " ".join(said(check_libraries, here))
    assert "numpy" in words
    assert "older than 99.1" in words
    assert "no-such-one" not in words
    assert "The library nowhere, which TILscope needs, is not installed." in words


@pytest.mark.parametrize(("ahead_s", "words"), [(3600.0, "3600 s ahead of"), (-30.0, "30 s behind")])
def test_two_clocks(tmp_path: Path, ahead_s: float, words: str) -> None:
    assert said(check_clock, answering(tmp_path, ahead_s=1.0)) == []
    assert words in said(check_clock, answering(tmp_path, ahead_s=ahead_s))[0]


def test_a_check_that_cannot_be_made_keeps_the_others_from_nothing(tmp_path: Path) -> None:
    def check_something(_: Installation) -> list[Any]:
        raise PermissionError(13, "Permission denied", "/etc/shadow")

    found = examine_installation(answering(tmp_path, ahead_s=60), (check_something, check_clock))
    assert [one.severity for one in found] == [Severity.NOTE, Severity.WARNING]
    assert "The check of something could not be made" in found[0].sentence
