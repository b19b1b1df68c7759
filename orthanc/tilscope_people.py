# SPDX-License-Identifier: AGPL-3.0-or-later
# Part of TILscope's plugin for Orthanc: see plugin.py.
"""Who asks, what they may, and what Orthanc shall not even read.

Orthanc knows its RegisteredUsers, and hands a plugin no groups; a reverse proxy that a site trusts may name a person and the
person's groups in headers. What a person may is decided here, once, and the service is told (docs/how-to/who-may-do-what.md).
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: In the order of the documentation; what each means is the service's to say (service/site/roles.py).
ROLES = ("read", "rescore", "molecular", "models", "administer")
#: In the key Roles: everybody whom Orthanc lets in; and the mark of a group, which no user's name can pass for.
EVERYBODY, GROUP_MARK = "*", "@"
#: No route of the service needs a longer body.
LONGEST_BODY = 64 * 1024
#: Up to here a body is read, so that its refusal can be said in words. Orthanc refuses what is longer before it reads it,
#: and then has no words: 403 alone.
LONGEST_READ = 1024 * 1024
LONGEST_QUERY = 4096
_LONGEST_NAME, _MOST_GROUPS = 128, 200


@dataclass(frozen=True)
class Person:
    """Who asks; `name` is '' where nobody has checked who it is."""

    name: str = ""
    groups: tuple[str, ...] = ()
    registered: bool = False
    """One of Orthanc's own users, whose password Orthanc has checked."""


class People:
    """What a site has told of its people."""

    def __init__(self, values: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
        """`values` are those of the section "Tilscope", `whole` is Orthanc's whole configuration."""
        self._proxies = [ipaddress.ip_network(address) for address in values["TrustedProxies"]]
        self._user_header, self._groups_header = values["UserHeader"].lower(), values["GroupsHeader"].lower()
        self._roles: dict[str, list[str]] = values["Roles"]
        self._users = whole.get("RegisteredUsers", {})
        # Where it is left out, Orthanc asks for a password as soon as it can be reached from elsewhere.
        self._asks = whole.get("AuthenticationEnabled", whole.get("RemoteAccessAllowed", False)) is True

    def pretends(self, headers: Mapping[str, str], address: str) -> bool:
        """Whether a client sends what only a trusted proxy may: who it is, or under which name the proxy is reached."""
        if not self._proxies or self._is_proxy(address):
            return False
        return any(name in headers for name in (self._user_header, self._groups_header, "x-forwarded-host"))

    def person(self, headers: Mapping[str, str]) -> Person:
        """Who asks. Headers of a proxy are believed, since `pretends` has turned everybody else away."""
        if self._proxies and (name := _name(headers.get(self._user_header, ""))):
            groups = headers.get(self._groups_header, "").split(",")[:_MOST_GROUPS]
            return Person(name, tuple(group for given in groups if (group := _name(given))))
        name = self._name_that_orthanc_checked(headers)
        return Person(name, registered=bool(name))

    def roles(self, person: Person) -> tuple[str, ...]:
        """What that person may. Where a site has said nothing, its registered users may do all, as they may in Orthanc."""
        if not self._roles:
            return ("administer",) if person.registered else ("read",)
        entries = [EVERYBODY, *(GROUP_MARK + group for group in person.groups)]
        if person.name != EVERYBODY and not person.name.startswith(GROUP_MARK):
            entries.append(person.name)
        given = {role for entry in entries for role in self._roles.get(entry, ())}
        return tuple(role for role in ROLES if role in given)

    def host(self, headers: Mapping[str, str]) -> str:
        """Under which name and port this Orthanc was asked, as the browser has it."""
        forwarded = headers.get("x-forwarded-host", "") if self._proxies else ""
        return forwarded.rpartition(",")[2].strip() or headers.get("host", "")

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)  # an IPv4 client of a socket that listens for both
        return any((mapped or found) in network for network in self._proxies)

    def _name_that_orthanc_checked(self, headers: Mapping[str, str]) -> str:
        """The name in the Basic header, and only where Orthanc demands authentication."""
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if not self._asks or scheme.lower() != "basic":
            return ""
        try:
            name = base64.b64decode(credentials).decode().partition(":")[0]
        except ValueError:
            return ""
        return name if name in self._users else ""


def _name(given: str) -> str:
    return "".join(c for c in given if c.isprintable()).strip()[:_LONGEST_NAME]


class Door:
    """Orthanc asks it before it reads the body of any request; False: the request ends there, with status 403."""

    def __init__(self, people: People) -> None:
        self._people = people

    def __call__(self, uri: str, **request: Any) -> bool:
        # Orthanc takes a path apart by its slashes, and so must whoever guards it.
        if next((part for part in uri.split("/") if part), "") != "tilscope":
            return True
        headers = request.get("headers", {})
        return not self._people.pretends(headers, request.get("ip", "")) and not is_too_long_to_read(headers)


def is_too_long_to_read(headers: Mapping[str, str]) -> bool:
    """Whether a body is, or might be: one in chunks does not say its length, and nobody needs to send it so."""
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdecimal() or int(length[:20]) > LONGEST_READ


def why_too_large(body: bytes, path: str) -> tuple[int, str]:
    """A status with a sentence; (0, '') where nothing is too large."""
    if len(body) > LONGEST_BODY:
        return 413, f"What is sent is too long: {len(body)} bytes, at most {LONGEST_BODY} are read."
    if len(path.partition("?")[2]) > LONGEST_QUERY:
        return 400, f"The query is too long: at most {LONGEST_QUERY} characters are read."
    return 0, ""
