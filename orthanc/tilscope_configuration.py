# SPDX-License-Identifier: AGPL-3.0-or-later
# Part of TILscope's plugin for Orthanc: see plugin.py.
"""The section "Tilscope" of Orthanc's configuration: its keys, what is wrong with it, and what the service is told of it."""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
import re
import sys
from dataclasses import dataclass
from typing import Any

from tilscope_people import ROLES


@dataclass(frozen=True)
class Key:
    """One key of the section "Tilscope". `own` keys are about the service that Orthanc starts by itself."""

    name: str
    kind: type
    default: Any
    meaning: str
    own: bool = True
    pattern: str = ".*"
    least: float = 0.0
    most: float = float("inf")
    words: tuple[str, ...] = ()
    """What a list may hold, where it is a list of words."""


KEYS = {
    key.name: key
    for key in (
        Key("Enabled", bool, True, "false: Orthanc runs as if TILscope were not there", own=False),
        Key("ServiceUrl", str, "", "a running service, e.g. https://tilscope.example:8443; empty: Orthanc starts its own",
            own=False, pattern=r"(https?://[^\s/?#]+[^\s?#]*)?"),
        Key("ServiceToken", str, "", "the token that the service at ServiceUrl expects", own=False, pattern=r"[!-~]*"),
        Key("Python", str, "/opt/tilscope/.venv/bin/python", "the interpreter in which TILscope is installed", pattern=r"/.+"),
        Key("DataDirectory", str, "", "where the service keeps its ledger; empty: StorageDirectory/tilscope", pattern=r"(/.+)?"),
        Key("OrthancUrl", str, "", "how the service reaches this Orthanc; empty: 127.0.0.1 at HttpPort",
            pattern=r"(https?://[^\s?#]+)?"),
        Key("QuietSeconds", float, 3.0, "a complete study is scored when no instance came for so long", least=0.1),
        Key("Workers", int, 1, "studies scored at the same time, each in a process of its own", least=1),
        Key("WorkerMemory", str, "4GiB", "memory limit of one worker", pattern=r"\d+(\.\d+)? ?[KMG]i?B"),
        Key("TimeoutSeconds", float, 600.0, "a study that takes longer is stopped, and tried again", least=1),
        Key("Attempts", int, 3, "how often a fault is tried before the study counts as failed", least=1),
        Key("LookbackHours", float, 24.0, "on the very first start, studies that arrived within so many hours are scored"),
        Key("RetentionDays", float, 0.0, "a study to which nothing has happened for so many days leaves the ledger; 0: never"),
        Key("ForgetDeletedAfterDays", float, 30.0, "a study that Orthanc has deleted leaves the ledger after so many days"),
        Key("ComparisonHour", int, 2, "each day at this hour of the machine's clock, ledger and archive are compared", most=23),
        Key("UnstoredAtMost", str, "2GiB", "finished results that Orthanc does not take wait on the disk, up to this size together",
            pattern=r"\d+(\.\d+)? ?[MGT]i?B"),
        Key("LogLevel", str, "INFO", "DEBUG, INFO, WARNING or ERROR", pattern="DEBUG|INFO|WARNING|ERROR"),
        Key("LeastFreeDisk", str, "1GiB", "with less free where the data directory is, the service says that it is not well",
            pattern=r"\d+(\.\d+)? ?[MGT]i?B"),
        Key("LongestWaitSeconds", float, 7200.0, "with a study that has waited longer for a worker, the same", least=1),
        Key("FailingStudies", int, 3, "with so many studies in a row whose attempts have failed, the same", least=1),
        Key("Viewer", str, "", "a folder made by docker/install.sh --viewer, served at /tilscope/viewer/; empty: no viewer",
            own=False, pattern=r"(/.+)?"),
        Key("Objects", list, [], "what is written beside the segmentations, the report and the page",
            words=("parametric-maps", "secondary-capture", "key-images", "contour-report", "presentation-state", "rt-structure-set",
                "turning-mip")),
        Key("SegmentationType", str, "binary", "binary or labelmap", pattern="binary|labelmap"),
        Key("Webhooks", list, [], "who is told when a study is scored, needs a reader, is refused or has failed"),
        Key("Roles", dict, {}, "who may do what: a user, @group or * for everybody, each with a list of roles", own=False),
        Key("TrustedProxies", list, [], "addresses or networks of the reverse proxies whose headers name the person who asks", own=False),
        Key("UserHeader", str, "X-Forwarded-User", "the header in which a trusted proxy names the person", own=False, pattern=r"[A-Za-z0-9-]+"),
        Key("GroupsHeader", str, "X-Forwarded-Groups", "the header in which it names the person's groups, with commas", own=False,
            pattern=r"[A-Za-z0-9-]+"),
        Key("Demo", bool, False, "a demonstration: references and models made of synthetic data may be used, and every output says DEMO"),
    )
}  # fmt: skip
KINDS = {
    bool: "true or false",
    str: "a text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a section",
}


class ConfigurationRefused(ValueError):
    """Raised while Orthanc loads this file: Orthanc logs the sentence and does not start."""


def problems(section: dict[str, Any]) -> list[str]:
    """Everything that is wrong with the section "Tilscope", one sentence each."""
    found = []
    for name, value in section.items():
        key = KEYS.get(name)
        if key is None:
            near = difflib.get_close_matches(name.lower(), [known.lower() for known in KEYS], n=1, cutoff=0.6)
            meant = next((known for known in KEYS if near and known.lower() == near[0]), None)
            hint = f"did you mean {meant!r}?" if meant else f"the keys are {', '.join(KEYS)}."
            found.append(f"The key {name!r} is unknown; {hint}")
            continue
        # In Python a bool is an int too, and JSON writes 3.0 as 3: neither may decide what is accepted.
        right = type(value) is key.kind or (key.kind is float and type(value) is int)
        if not right:
            # What stands in a list may be a secret.
            given = "something else" if key.kind in (list, dict) else json.dumps(value)
            found.append(f"{name} must be {KINDS[key.kind]}, not {given}.")
        elif key.kind is str and not re.fullmatch(key.pattern, value):
            # A token that is wrong is still a secret.
            shown = "what is given" if name == "ServiceToken" else json.dumps(value)
            found.append(f"{name} cannot be {shown} ({key.meaning}).")
        elif key.words and (strange := [word for word in value if word not in key.words]):
            found.append(f"{name} cannot hold {json.dumps(strange[0])}; the words are {', '.join(key.words)}.")
        elif key.kind in (int, float) and value < key.least:
            found.append(f"{name} must be at least {key.least:g}, not {value}.")
        elif key.kind in (int, float) and value > key.most:
            found.append(f"{name} must be at most {key.most:g}, not {value}.")
        elif key.own and section.get("ServiceUrl"):
            found.append(f"{name} says nothing to a service that runs by itself; set it there, or remove ServiceUrl.")
    if bool(section.get("ServiceUrl")) != bool(section.get("ServiceToken")):
        found.append("ServiceUrl and ServiceToken are given together or not at all.")
    return [*found, *_problems_of_people(section)]


def _problems_of_people(section: dict[str, Any]) -> list[str]:
    """What is wrong with who may do what, and with who is believed about it."""
    found = []
    roles, proxies = section.get("Roles", {}), section.get("TrustedProxies", [])
    for name, given in roles.items() if isinstance(roles, dict) else ():
        if not isinstance(given, list) or any(role not in ROLES for role in given):
            found.append(f"Roles: {name!r} must have a list of roles, which are {', '.join(ROLES)}.")
    for address in proxies if isinstance(proxies, list) else ():
        try:
            ipaddress.ip_network(address if isinstance(address, str) else "")
        except ValueError:
            found.append(
                f"TrustedProxies cannot hold {json.dumps(address)}: an address such as 192.0.2.7 or 192.0.2.0/24."
            )
    return found


def nobody_can_log_in(whole: dict[str, Any]) -> bool:
    """Whether Orthanc will ask everybody for a password that nobody has. Where it allows remote access it makes a user by itself."""
    remote = bool(whole.get("RemoteAccessAllowed", False))
    return bool(whole.get("AuthenticationEnabled", remote)) and not remote and not whole.get("RegisteredUsers")


def read_configuration(whole: dict[str, Any], path: str) -> dict[str, Any]:
    """The values of all keys, from Orthanc's whole configuration and the path of its file; raises ConfigurationRefused."""
    values, wrong = examined(whole, path)
    if wrong:
        raise ConfigurationRefused("TILscope's configuration is refused, so Orthanc does not start. " + " ".join(wrong))
    return values


def examined(whole: dict[str, Any], path: str) -> tuple[dict[str, Any], list[str]]:
    """The values of all keys, and everything that is wrong with them or with what they need of Orthanc."""
    section = whole.get("Tilscope", {})
    if not isinstance(section, dict):
        section, wrong = {}, ['"Tilscope" must be a section: {"Tilscope": {...}}.']
    else:
        wrong = problems(section)
    values: dict[str, Any] = {name: section.get(name, key.default) for name, key in KEYS.items()}
    if wrong or not values["Enabled"]:
        return values, wrong
    if nobody_can_log_in(whole):
        wrong.append(
            "Nobody could log in: AuthenticationEnabled is true and RegisteredUsers names nobody; name a user there."
        )
    if not values["ServiceUrl"]:
        wrong += _complete(values, whole, path)
    return values, wrong


def _complete(values: dict[str, Any], whole: dict[str, Any], path: str) -> list[str]:
    """Fill in what Orthanc's own configuration says about a service that it starts; what is wrong with it."""
    wrong = []
    if not values["DataDirectory"]:
        storage = whole.get("StorageDirectory", "OrthancStorage")
        # Orthanc resolves a relative path from the folder of its configuration file; of a folder of files it names the parent.
        if not os.path.isabs(storage) and not os.path.isfile(path):
            wrong.append("DataDirectory must be given, because StorageDirectory is relative to an unknown folder.")
        values["DataDirectory"] = os.path.join(os.path.dirname(path), storage, "tilscope")
    if not values["OrthancUrl"]:
        if not whole.get("HttpServerEnabled", True):
            wrong.append("The service needs Orthanc's HTTP server: set HttpServerEnabled, or OrthancUrl.")
        scheme = "https" if whole.get("SslEnabled", False) else "http"
        values["OrthancUrl"] = f"{scheme}://127.0.0.1:{whole.get('HttpPort', 8042)}"
    if values["QuietSeconds"] > whole.get("StableAge", 60):
        wrong.append("QuietSeconds must not be longer than Orthanc's StableAge.")
    if not os.access(values["Python"], os.X_OK):
        wrong.append(
            f"Python: {values['Python']} cannot be executed; it must be the interpreter in which TILscope is installed."
        )
    return wrong


def service_settings(values: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """What the service is told on its standard input, but for the two secrets that are made when it starts."""
    told = [name for name, key in KEYS.items() if key.own and name != "Python"]
    settings = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): values[name] for name in told}
    settings["stable_seconds"] = whole.get("StableAge", 60)
    # Orthanc's own certificate seldom names 127.0.0.1, and on the loopback there is nobody in between.
    settings["verify_tls"] = not values["OrthancUrl"].startswith("https://127.0.0.1:")
    return settings


def main() -> None:
    """For `tilscope doctor`: Orthanc's whole configuration on standard input, its path as argument; what Orthanc would find."""
    whole = json.load(sys.stdin)
    values, wrong = examined(whole, sys.argv[1])
    told = {name: values[name] for name in ("Enabled", "ServiceUrl", "Python")}
    print(json.dumps({"problems": wrong, "values": told, "settings": {} if wrong else service_settings(values, whole)}))


if __name__ == "__main__":
    main()
