"""Why a C-STORE did not succeed; apart from `dimse`, so that naming one loads no network."""

from __future__ import annotations


class SendError(Exception):
    """The peer could not be reached, or did not take an instance."""


class BrokenOff(SendError):
    """The association ended in the middle."""
