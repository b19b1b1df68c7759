"""What a backup says of itself: every file with its hash, so that whoever restores it knows that it is whole."""

from __future__ import annotations

from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tilscope.models.refusals import BadInput
from tilscope.service.settings import LEDGER_FILE

MANIFEST_FILE = "manifest.json"
#: Of this form of a backup; another one is refused.
FORM = 1


class BackedUpFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class BackupManifest(BaseModel):
    """Lies in the backup as its last member. Names are paths within the data directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: int = FORM
    tilscope: str
    """The version that made it."""
    made_at: str
    files: dict[str, BackedUpFile]
    links: dict[str, str] = {}
    """Symbolic links, each with the name in its own folder that it points to: an installed model is one."""

    @field_validator("files", "links")
    @classmethod
    def _stay_inside(cls, names: dict[str, object]) -> dict[str, object]:
        for name in names:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts or str(path) != name:
                raise ValueError(f"{name!r} lies outside the data directory")
        for target in names.values():
            if isinstance(target, str) and ("/" in target or target in ("", ".", "..")):
                raise ValueError("a link points outside its folder")
        return names

    @field_validator("files")
    @classmethod
    def _holds_a_ledger(cls, files: dict[str, BackedUpFile]) -> dict[str, BackedUpFile]:
        if LEDGER_FILE not in files:
            raise ValueError("there is no ledger in it")
        return files

    @classmethod
    def read(cls, text: bytes) -> BackupManifest:
        try:
            manifest = cls.model_validate_json(text)
        except ValidationError as fault:
            raise BadInput("unusable-backup", problem=f"its manifest is wrong: {fault.errors()[0]['msg']}") from None
        if manifest.form != FORM:
            raise BadInput("unusable-backup", problem="another version of TILscope made it, in a form not known here")
        return manifest
