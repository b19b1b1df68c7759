"""What went wrong between a run and the archive, or the disk, in words of ours: whatever a library says goes to the log only."""

from __future__ import annotations

import errno

import httpx

from tilscope.dicom_io.archives.whose_fault import is_of_the_archive
from tilscope.service.faults.fault import Fault

_LOCKED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.PROXY_AUTHENTICATION_REQUIRED})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class ResultsNotStored(Exception):
    """The archive did not take what a run has come to. `kept`: whether it waits on the disk; None where it is not to."""

    def __init__(self, why: httpx.HTTPError, kept: bool | None = None) -> None:
        super().__init__(why, kept)
        self.why, self.kept = why, kept


def fault_of_archive(fault: httpx.HTTPError, stage: str, storing: bool = False, kept: bool | None = None) -> Fault:
    """`stage` is what the run was at; `kept` as of `ResultsNotStored`."""
    if not isinstance(fault, httpx.HTTPStatusError):
        return Fault.not_of_the_study("archive-unreachable", storing, kept, stage=stage, how=_how(fault))
    status = fault.response.status_code
    if not is_of_the_archive(fault):
        return Fault.of("archive-declined", stage=stage, status=status)
    return Fault.not_of_the_study(_code_of(status), storing, kept, stage=stage, status=status)


def fault_of_disk(fault: OSError, stage: str) -> Fault | None:
    """None where it is no full disk."""
    if fault.errno not in _FULL:
        return None
    return Fault.not_of_the_study("disk-full", storing=False, stage=stage)


def _code_of(status: int) -> str:
    if status in _LOCKED:
        return "archive-locked"
    return "archive-full" if status == httpx.codes.INSUFFICIENT_STORAGE else "archive-faulty"


def _how(fault: httpx.HTTPError) -> str:
    if isinstance(fault, httpx.ConnectTimeout):
        return "no connection came about in time"
    if isinstance(fault, httpx.TimeoutException):
        return "it did not answer in time"
    return "nobody answers at its address" if isinstance(fault, httpx.ConnectError) else "the connection broke"
