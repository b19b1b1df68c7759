"""What can be set about the service, in one typed place. A wrong key is an error with a suggestion, never ignored.

The plugin sends these as one JSON line; a service of its own reads them from a file. What is set about the *computation*
stands under "pipeline" and takes part in the settings hash (`models.settings`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Predicate
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.refusals import WrongSettings
from tilscope.models.setting_limits import CHECKED, Number
from tilscope.models.settings import PipelineSettings
from tilscope.models.wrong_settings import named
from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.webhook_settings import Webhook

#: In the data directory.
LEDGER_FILE = "ledger.sqlite"
PATIENT_KEY_FILE = "patient.key"
UNSTORED_FOLDER = "unstored"
FurtherObject = Literal[
    "parametric-maps", "secondary-capture", "key-images", "contour-report", "presentation-state", "rt-structure-set",
    "turning-mip",
]  # fmt: skip

_UNITS = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "PIB": 2**50,
}  # fmt: skip
_LEAST_MEMORY, _MOST_MEMORY = 64 * 2**20, 2**50


def is_a_memory_size(words: str) -> bool:
    """Whether a worker can live in it; a number without a unit is in bytes."""
    try:
        return _LEAST_MEMORY <= bytes_of(words) <= _MOST_MEMORY
    except (ValueError, OverflowError):
        return False


def _is_a_url(address: str) -> bool:
    return re.match(r"https?://[^/]", address) is not None


#: A day at most, for it is waited for.
Duration = Annotated[Number, Field(gt=0, le=86400)]
Wait = Annotated[Number, Field(ge=0, le=86400)]
Secret = Annotated[str, Field(repr=False, json_schema_extra={"writeOnly": True})]
MemorySize = Annotated[
    str,
    Predicate(is_a_memory_size),
    Field(json_schema_extra={"limit": "a memory size from 64MiB to 1PiB, such as 4GiB or 800MB"}),
]
Url = Annotated[
    str, Predicate(_is_a_url), Field(json_schema_extra={"limit": "an address with http:// or https:// and a host"})
]


@named("")
class ServiceSettings(BaseModel):
    """All settings of the service. Durations are seconds."""

    model_config = ConfigDict(**CHECKED, frozen=True, strict=True)

    orthanc_url: Url = "http://127.0.0.1:8042"
    """How the archive is reached."""
    orthanc_authorization: Secret = ""
    """A whole Authorization header; wins over user and password."""
    orthanc_user: str = ""
    """Of Orthanc's RegisteredUsers."""
    orthanc_password: Secret = ""
    """Of that user."""
    verify_tls: bool = True
    """Whether the archive's certificate is checked."""
    orthanc_timeout_seconds: Duration = 60.0
    """An archive that is silent for so long does not answer."""
    data_directory: str = Field(min_length=1)
    """Ledger, lock and the workers' scratch files."""
    database_url: Secret = ""
    """SQLAlchemy URL; empty: SQLite in the data directory."""
    second_service: Literal["refuses", "stands-by"] = "refuses"
    """What this service does at its start where another works with its ledger: end with a sentence, or wait until that one ends."""
    token: Secret = Field(min_length=16)
    """Whoever talks to the service must know it."""
    port: int = Field(0, ge=0, le=65535)
    """0: any free one."""

    quiet_seconds: Duration = 3.0
    """Without a new instance for so long, a study is inspected: is it complete?"""
    stable_seconds: Duration = 60.0
    """Without a new instance for so long, an incomplete study is taken as it is. Orthanc's StableAge."""
    poll_seconds: Duration = 1.5
    """Between two readings of the archive's change log, where the plugin does not ask for one earlier."""
    lookback_hours: float = Field(24.0, ge=0, le=87600)
    """At the first start, studies changed within so many hours are inspected; older ones on request only."""

    comparison_hour: int = Field(2, ge=0, le=23)
    """Each day at this hour of the machine's clock, all studies are compared with what the archive holds."""
    comparison_per_second: float = Field(5.0, ge=0, le=1000)
    """So many studies a second at most, some three requests for ten of them and one more for each thousand images. 0: never."""

    workers: int = Field(1, ge=1, le=1024)
    """Studies scored at the same time, each in a process of its own."""
    worker_memory: MemorySize = "4GiB"
    """A worker that needs more is ended, and its study tried again."""
    scheduler_address: str = ""
    """A Dask scheduler elsewhere; its workers must offer the resource `study=1`. Empty: own processes on this machine."""
    studies_per_worker: int = Field(10, ge=1, le=100000)
    """A worker process is replaced after so many studies."""
    timeout_seconds: Duration = 600.0
    """A study that takes longer is ended, and tried again."""
    attempts: int = Field(3, ge=1, le=100)
    """How often a study is tried before it has failed; refusals are never retried."""
    retry_seconds: Wait = 30.0
    """Wait before the second attempt; doubles for each further one, up to `retry_at_most_seconds`."""
    retry_at_most_seconds: Wait = 1800.0
    """The longest wait between two attempts."""

    unstored_at_most: MemorySize = "2GiB"
    """Finished results that the archive does not take wait in the data directory, up to this size together."""
    least_free_disk: MemorySize = "1GiB"
    """Less where the data directory is, and the service says that it is not well."""
    longest_wait_seconds: Duration = 7200.0
    """A study that has waited longer for a worker, and the service says that it is not well."""
    failing_studies: int = Field(3, ge=1, le=100)
    """When the attempts at so many studies in a row have failed, the service says that it is not well."""
    retention_days: float = Field(0, ge=0, le=36500)
    """A study to which nothing has happened for so many days is purged from the ledger, not from the archive. 0: kept for ever."""
    forget_deleted_after_days: float = Field(30, ge=0, le=36500)
    """A study that was deleted in the archive is purged after so many days: time to bring it back after a mistake."""

    follow_patients: bool = True
    """Lesions are followed over a patient's exams, as far as these are scored and surely of the same person."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Of the service's log: lines of this level and above."""
    demo: bool = False
    """A demonstration on synthetic data: its own references and models may be used, and every output says DEMO."""
    webhooks: list[Webhook] = Field([], json_schema_extra={"writeOnly": True})
    """Who gets a message when a study is scored, refused or has failed."""
    objects: list[FurtherObject] = Field([])
    """What is written beside the segmentations, the report and the page."""
    segmentation_type: Literal["binary", "labelmap"] = "binary"
    """One mask for each segment, which every viewer knows, or one map of labels."""
    pipeline: PipelineSettings = Field(default_factory=PipelineSettings)
    """How studies are computed: the sections below."""

    @field_validator("orthanc_url")
    @classmethod
    def _without_last_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _quiet_before_stable(self) -> ServiceSettings:
        if self.stable_seconds < self.quiet_seconds:
            least, given = self.quiet_seconds, self.stable_seconds
            raise ValueError(f"stable_seconds must be at least quiet_seconds ({least:g}), not {given:g}")
        return self

    @model_validator(mode="after")
    def _first_wait_before_longest(self) -> ServiceSettings:
        if self.retry_at_most_seconds < self.retry_seconds:
            least, given = self.retry_seconds, self.retry_at_most_seconds
            raise ValueError(f"retry_at_most_seconds must be at least retry_seconds ({least:g}), not {given:g}")
        return self

    @model_validator(mode="after")
    def _one_webhook_for_each_address(self) -> ServiceSettings:
        if len({webhook.url for webhook in self.webhooks}) < len(self.webhooks):
            raise ValueError("webhooks must each have a url of their own")
        return self

    @classmethod
    def read(cls, values: object) -> ServiceSettings:
        """Settings from plain JSON values, or `WrongSettings` with a sentence for every problem."""
        if not isinstance(values, dict):
            raise WrongSettings(["The settings must be one JSON object."])
        return cls(**values)

    @property
    def orthanc(self) -> OrthancAddress:
        return OrthancAddress(
            self.orthanc_url, self.orthanc_user, self.orthanc_password, self.orthanc_authorization, self.verify_tls,
            self.orthanc_timeout_seconds,
        )  # fmt: skip

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
    def unstored_folder(self) -> Path:
        return self.folder.absolute() / UNSTORED_FOLDER

    @property
    def unstored_at_most_bytes(self) -> int:
        return bytes_of(self.unstored_at_most)

    @property
    def patient_key_file(self) -> Path:
        return self.folder.absolute() / PATIENT_KEY_FILE

    @property
    def worker_memory_bytes(self) -> int:
        return bytes_of(self.worker_memory)

    @property
    def least_free_disk_bytes(self) -> int:
        return bytes_of(self.least_free_disk)

    @property
    def back_off(self) -> ExponentialBackOff:
        """Between the attempts at a study, or at a message."""
        return ExponentialBackOff(self.retry_seconds, self.retry_at_most_seconds)


def bytes_of(size: str) -> int:
    """A memory size in words as bytes.

    >>> bytes_of("1.5 GiB")
    1610612736
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", size)
    if not match or match[2].upper() not in _UNITS:
        raise ValueError("must be a memory size such as 4GiB or 800MB")
    return int(float(match[1]) * _UNITS[match[2].upper()])
