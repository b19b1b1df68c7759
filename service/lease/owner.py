"""One start of the service, as others may know it: by host and process number, and so that its end can be proved."""

from __future__ import annotations

import os
import platform
import uuid
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """Who works with a ledger."""

    start_id: str
    """Unlike that of every other start."""
    host: str
    pid: int
    boot: str
    """Of the kernel, since which process numbers and file locks mean something; '' where the system does not tell."""
    process: str
    """The namespace in which the number is this process, and when the process began."""

    @classmethod
    def this_process(cls) -> Owner:
        pid = os.getpid()
        return cls(uuid.uuid4().hex, platform.node() or "a host without a name", pid, _boot(), _process(pid))

    def has_ended(self, held_our_lock: bool = False) -> bool:
        """Whether that is certain: its process is no more, or we hold the lock on its data directory that only its end frees.

        Of another machine, or of one that was restarted since, nothing is certain: False.
        """
        if not self.boot or self.boot != _boot():
            return False
        namespace = self.process.partition(" ")[0]
        return held_our_lock or (namespace == _namespace() and self.process != _process(self.pid))

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _process(pid: int) -> str:
    """proc(5): the process's beginning, in ticks since the boot, is the twentieth field after its name."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    ended = not fields or fields[0] == "Z"
    return f"{_namespace()} {'' if ended else fields[19]}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
