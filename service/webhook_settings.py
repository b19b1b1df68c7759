"""One entry of the setting "webhooks": a receiver of messages about studies that are scored, need a reader, are refused or have failed, and what they hold."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Literal
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tilscope.models.short_hash import short_hash
from tilscope.models.wrong_settings import named

_PREFIX = "whsec_"
_FEWEST_BYTES = 24
_LONG_ENOUGH = f'"{_PREFIX}" and at least {_FEWEST_BYTES} random bytes in Base64'
_ADDRESS = "an address with https://, or with http:// on this machine"

Outcome = Literal["scored", "needs-reader", "refused", "failed"]


@named("webhooks")
class Webhook(BaseModel):
    """One receiver, an object of the list "webhooks"."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str = Field(repr=False, json_schema_extra={"writeOnly": True, "limit": _ADDRESS})
    """May be a secret in itself, so it is never shown whole."""
    secret: str = Field(repr=False, json_schema_extra={"writeOnly": True, "limit": _LONG_ENOUGH})
    """With which messages are signed, as Standard Webhooks has it."""
    events: list[Outcome] = Field(["scored", "needs-reader", "refused", "failed"], min_length=1)
    """The outcomes that are sent."""
    include: list[Literal["study_uid", "reason", "scores"]] = Field([])
    """What a message holds beside the event. Nothing of it is sent unless it is listed here."""

    @field_validator("url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname or "", parts.port
            httpx.URL(value).raw_host.decode().encode("idna")  # as it is looked up when something is sent
        except (ValueError, httpx.InvalidURL):
            raise ValueError("must be an address") from None
        if not host or parts.scheme not in ("http", "https"):
            raise ValueError("must begin with https:// and a host")
        if parts.scheme == "http" and not _is_loopback(host):
            raise ValueError("must begin with https://, for http is allowed to this machine itself only")
        if "@" in parts.netloc or parts.fragment:
            raise ValueError("must hold no user, password or fragment; the signature tells who sends")
        return value

    @field_validator("secret")
    @classmethod
    def _is_long(cls, value: str) -> str:
        try:
            enough = value.startswith(_PREFIX) and len(_bytes_of(value)) >= _FEWEST_BYTES
        except binascii.Error:
            enough = False
        if not enough:
            raise ValueError(f"must be {_LONG_ENOUGH}")
        return value

    @property
    def key(self) -> bytes:
        """With which messages are signed."""
        return _bytes_of(self.secret)

    @property
    def name(self) -> str:
        """For people: the host, and the port if it is unusual."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @property
    def receiver(self) -> str:
        """For the ledger, which need not know the address."""
        return short_hash(self.url, 32)


def _bytes_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
