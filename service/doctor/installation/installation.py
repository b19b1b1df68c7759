"""What the doctor looks at: the settings of a service, and beside them what is known of its Orthanc."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.refusals import WrongSettings
from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration
from tilscope.service.doctor.installation.account import Account
from tilscope.service.doctor.installation.orthanc_answers import OrthancAnswers, ask_orthanc
from tilscope.service.package_files import plugin_files
from tilscope.service.settings import ServiceSettings


@dataclass(frozen=True)
class Installation:
    """Where nothing is known of a part, the checks of that part say nothing."""

    account: Account
    """Whom Orthanc, and with it the service, runs as."""
    settings: ServiceSettings | None = None
    """None where the service runs elsewhere, or its settings are refused."""
    configuration: OrthancConfiguration | None = None
    refused: tuple[str, ...] = ()
    """What the plugin would refuse."""
    python: Path = field(default_factory=lambda: Path(sys.executable))
    orthanc: OrthancAnswers | None = None
    """What a running Orthanc says of itself."""

    @classmethod
    def of_service(cls, settings: ServiceSettings, orthanc: OrthancAnswers | None = None) -> Installation:
        """The one that this process is the service of."""
        return cls(Account.of_this_process(), settings, orthanc=orthanc)

    @classmethod
    def of_orthanc(cls, place: Path, user: str) -> Installation:
        """From the configuration of an Orthanc on this machine; `user` is whom it runs as."""
        configuration = OrthancConfiguration.read(place)
        said = _asked_of_the_plugin(configuration)
        values, account = said["values"], Account.named(user) or Account.of_this_process()
        found = cls(account, configuration=configuration, python=Path(str(values["Python"])))
        found = replace(found, refused=tuple(said["problems"]))
        if not values["Enabled"] or values["ServiceUrl"] or not said["settings"]:
            return found
        try:
            settings = ServiceSettings.read({**said["settings"], "token": secrets.token_hex(16)})
        except WrongSettings as wrong:
            return replace(found, refused=(*found.refused, *wrong.problems))
        return replace(found, settings=settings, orthanc=ask_orthanc(_address(settings, configuration)))


def _asked_of_the_plugin(configuration: OrthancConfiguration) -> dict[str, Any]:
    """What the plugin makes of it. Its files are a program of their own, under a licence of their own: they are run."""
    (program,) = (path for path in plugin_files() if path.name == "tilscope_configuration.py")
    done = subprocess.run(
        [sys.executable, "-E", "-s", str(program), str(configuration.place)],
        input=json.dumps(dict(configuration.values)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _address(settings: ServiceSettings, configuration: OrthancConfiguration) -> OrthancAddress:
    """Entered as the first user that the configuration names."""
    name, password = next(iter(configuration.users.items()), ("", ""))
    return OrthancAddress(settings.orthanc_url, name, password, verify_tls=settings.verify_tls)
