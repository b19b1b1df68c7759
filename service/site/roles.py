"""What people may do here. Orthanc's plugin says which roles a person has; what a role means is said in one place, here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: In which Orthanc's plugin says what a person may do.
ROLES_HEADER = "X-Tilscope-Roles"


class Role(StrEnum):
    READ = "read"
    RESCORE = "rescore"
    MOLECULAR = "molecular"
    MODELS = "models"
    ADMINISTER = "administer"

    @property
    def meaning(self) -> str:
        """What it allows, for a sentence that says what somebody may not do."""
        return _MEANINGS[self]


_MEANINGS = {
    Role.READ: "see what TILscope has found",
    Role.RESCORE: "have studies scored again",
    Role.MOLECULAR: "record molecular findings",
    Role.MODELS: "install references of past studies, and have studies scored again for new references and models",
    Role.ADMINISTER: "administer TILscope",
}


@dataclass(frozen=True)
class Permissions:
    """What one person may do."""

    roles: frozenset[Role]

    @classmethod
    def of(cls, words: Iterable[str]) -> Permissions:
        """Of the roles that the plugin names. Whoever administers may do all, and whoever may do anything may see it.

        >>> sorted(Permissions.of(["rescore"]).roles)
        [<Role.READ: 'read'>, <Role.RESCORE: 'rescore'>]
        """
        named = {Role(word) for word in words if word in list(Role)}
        if Role.ADMINISTER in named:
            return EVERYTHING
        return cls(frozenset({*named, Role.READ} if named else named))

    @classmethod
    def told(cls, header: str | None) -> Permissions:
        """By the header of Orthanc's plugin, roles with commas. Whoever asks without it holds the token itself: the plugin."""
        return EVERYTHING if header is None else cls.of(header.split(","))

    @property
    def rescore(self) -> bool:
        return Role.RESCORE in self.roles

    @property
    def molecular(self) -> bool:
        return Role.MOLECULAR in self.roles

    @property
    def models(self) -> bool:
        return Role.MODELS in self.roles

    @property
    def administer(self) -> bool:
        return Role.ADMINISTER in self.roles


EVERYTHING = Permissions(frozenset(Role))
