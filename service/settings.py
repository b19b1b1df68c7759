"""What can be set about the service, in one typed place. A wrong key is an error with a suggestion, never ignored.

The plugin sends these as one JSON line; a service of its own reads them from a file. What is set about the *computation*
stands under "pipeline" and takes part in the settings hash (`models.settings`).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.settings import PipelineSettings
from tilscope.service.webhook_settings import Webhook

#: In the data directory.
LEDGER_FILE = "ledger.sqlite"
FurtherObject = Literal["parametric-maps", "secondary-capture", "key-images", "contour-report"]

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


class WrongSettings(ValueError):
    """The settings cannot be used; each problem is a sentence."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


class ServiceSettings(BaseModel):
    """Everything that the service is told. Durations are seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    orthanc_url: str = "http://127.0.0.1:8042"
    orthanc_authorization: str = Field("", repr=False)
    """A whole Authorization header; wins over user and password."""
    orthanc_user: str = ""
    orthanc_password: str = Field("", repr=False)
    verify_tls: bool = True
    data_directory: str
    """Ledger, lock and the workers' scratch files."""
    database_url: str = Field("", repr=False)
    """SQLAlchemy URL; empty: SQLite in the data directory."""
    token: str = Field(repr=False, min_length=16)
    """Whoever talks to the service must know it."""
    port: int = Field(0, ge=0, le=65535)
    """0: any free one."""

    quiet_seconds: float = Field(3.0, gt=0)
    """Without a new instance for so long, a study is looked at: is it complete?"""
    stable_seconds: float = Field(60.0, gt=0)
    """Without a new instance for so long, an incomplete study is taken as it is. Orthanc's StableAge."""
    poll_seconds: float = Field(1.5, gt=0)
    lookback_hours: float = Field(24.0, ge=0)
    """At the first start, studies changed within so many hours are looked at; older ones on request only."""

    workers: int = Field(1, ge=1)
    worker_memory: str = "4GiB"
    scheduler_address: str = ""
    """A Dask scheduler elsewhere; its workers must offer the resource `study=1`. Empty: own processes on this machine."""
    studies_per_worker: int = Field(10, ge=1)
    """A worker process is replaced after so many studies."""
    timeout_seconds: float = Field(600.0, gt=0)
    attempts: int = Field(3, ge=1)
    """How often a study is tried before it has failed; refusals are never retried."""
    retry_seconds: float = Field(30.0, ge=0)
    """Wait before the second attempt; doubles for each further one, up to `retry_at_most_seconds`."""
    retry_at_most_seconds: float = Field(1800.0, ge=0)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    demo: bool = False
    """A demonstration on synthetic data: its own references and models may be used, and every output says DEMO."""
    webhooks: list[Webhook] = Field(default_factory=list)
    """Who is told when a study is scored, refused or has failed."""
    objects: list[FurtherObject] = Field(default_factory=list)
    """What is written beside the segmentations, the report and the page."""
    segmentation_type: Literal["binary", "labelmap"] = "binary"
    """One mask for each segment, which every viewer knows, or one map of labels."""
    pipeline: PipelineSettings = Field(default_factory=PipelineSettings)

    @field_validator("worker_memory")
    @classmethod
    def _is_a_size(cls, value: str) -> str:
        bytes_of(value)
        return value

    @field_validator("orthanc_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if not re.match(r"https?://[^/]", value):
            raise ValueError("must begin with http:// or https:// and a host")
        return value.rstrip("/")

    @field_validator("pipeline", mode="before")
    @classmethod
    def _pipeline_of_plain_values(cls, value: Any) -> Any:
        return value if isinstance(value, PipelineSettings) else _build(PipelineSettings, value, "pipeline")

    @model_validator(mode="after")
    def _quiet_before_stable(self) -> ServiceSettings:
        if self.stable_seconds < self.quiet_seconds:
            raise ValueError("stable_seconds must not be shorter than quiet_seconds")
        return self

    @model_validator(mode="after")
    def _one_webhook_for_each_address(self) -> ServiceSettings:
        if len({webhook.url for webhook in self.webhooks}) < len(self.webhooks):
            raise ValueError("two webhooks have the same url")
        return self

    @classmethod
    def read(cls, values: object) -> ServiceSettings:
        """Settings from plain JSON values, or `WrongSettings` with a sentence for every problem."""
        if not isinstance(values, dict):
            raise WrongSettings(["The settings must be one JSON object."])
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise WrongSettings([_in_words(dict(e), cls.model_fields) for e in error.errors()]) from None

    @property
    def orthanc(self) -> OrthancAddress:
        return OrthancAddress(
            self.orthanc_url, self.orthanc_user, self.orthanc_password, self.orthanc_authorization, self.verify_tls
        )

    @property
    def folder(self) -> Path:
        return Path(self.data_directory)

    @property
    def installed_pipeline(self) -> PipelineSettings:
        """The pipeline's settings with what this site has installed: DATA/references, DATA/models, site-rules.toml."""
        here = self.folder.absolute()
        objects = self.pipeline.objects.and_also(self.objects)
        return replace(
            self.pipeline,
            objects=replace(objects, labelmap=objects.labelmap or self.segmentation_type == "labelmap"),
            references_folder=self.pipeline.references_folder or str(here / "references"),
            models_folder=self.pipeline.models_folder or str(here / "models"),
            site_rules_file=self.pipeline.site_rules_file or str(here / "site-rules.toml"),
            demo=self.demo or self.pipeline.demo,
        )

    @property
    def ledger_url(self) -> str:
        return self.database_url or f"sqlite:///{self.folder.absolute() / LEDGER_FILE}"

    @property
    def worker_memory_bytes(self) -> int:
        return bytes_of(self.worker_memory)

    def back_off_s(self, attempt: int) -> float:
        """How long to wait after the `attempt`th attempt has ended in a fault."""
        return min(self.retry_seconds * 2.0 ** min(attempt - 1, 30), self.retry_at_most_seconds)


def bytes_of(size: str) -> int:
    """A memory size in words as bytes.

    >>> bytes_of("1.5 GiB")
    1610612736
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", size)
    if not match or match[2].upper() not in _UNITS:
        raise ValueError("must be a memory size such as 4GiB or 800MB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _build(kind: type, value: Any, where: str) -> Any:
    """A settings dataclass from plain values, nested ones too, with the types of its defaults."""
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be a JSON object")
    default = kind()
    known = {f.name for f in fields(kind)}
    filled: dict[str, Any] = {}
    for key, given in value.items():
        if key not in known:
            raise ValueError(f"{where} has no key {key!r}{_suggestion(key, known)}")
        filled[key] = _like(getattr(default, key), given, f"{where}.{key}")
    return kind(**filled)


def _like(default: Any, given: Any, where: str) -> Any:
    if is_dataclass(default):
        return _build(type(default), given, where)
    if isinstance(default, tuple):
        if not isinstance(given, list | tuple) or not given:
            raise ValueError(f"{where} must be a list")
        return tuple(_like(default[0], item, where) for item in given)
    if isinstance(default, bool) or isinstance(given, bool):
        fits = isinstance(default, bool) and isinstance(given, bool)
    else:
        fits = isinstance(given, int | float if isinstance(default, float) else type(default))
    if not fits:
        raise ValueError(f"{where} must be {_kind(default)}, not {given!r}")
    return type(default)(given)


def _kind(default: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return names.get(type(default), type(default).__name__)


def _suggestion(key: str, known: Any) -> str:
    near = difflib.get_close_matches(key, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f". Known are: {', '.join(sorted(known))}."


def _in_words(problem: dict[str, Any], known: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    of_webhook = problem["loc"][:1] == ("webhooks",)
    known = Webhook.model_fields if of_webhook else known
    if problem["type"] == "extra_forbidden":
        return f"There is no setting {key!r}{_suggestion(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"The setting {key!r} is missing."
    said = str(problem["msg"]).removeprefix("Value error, ")
    subject = f"Setting {key!r}" if key else "The settings"
    # A secret that is wrong is still a secret.
    secret = key in ("token", "orthanc_authorization", "orthanc_password", "database_url") or not key or of_webhook
    return f"{subject}: {said[0].lower() + said[1:]}" + ("." if secret else f" (given: {problem['input']!r}).")
