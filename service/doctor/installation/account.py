"""The account that Orthanc runs as: what it may read and write decides, not what root may."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    name: str
    user: int
    group: int
    groups: tuple[int, ...]

    @classmethod
    def named(cls, name: str) -> Account | None:
        """None where this machine has no such account."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        more = tuple(group.gr_gid for group in grp.getgrall() if name in group.gr_mem)
        return cls(name, entry.pw_uid, entry.pw_gid, (entry.pw_gid, *more))

    @classmethod
    def of_this_process(cls) -> Account:
        try:
            name = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            name = f"user {os.geteuid()}"
        return cls(name, os.geteuid(), os.getegid(), tuple(os.getgroups()))


@contextmanager
def acting_as(account: Account) -> Iterator[None]:
    """This whole process with that account's rights, until the end of the block. Only root may become somebody else."""
    ours = Account.of_this_process()
    if account.user == ours.user or ours.user != 0:
        yield
        return
    os.setgroups(account.groups)
    os.setegid(account.group)
    os.seteuid(account.user)
    try:
        yield
    finally:
        os.seteuid(ours.user)
        os.setegid(ours.group)
        os.setgroups(ours.groups)


def may(path: Path, how: int) -> bool:
    """Whether the account that acts may do this; `how` is os.R_OK and its like."""
    return os.access(path, how, effective_ids=True)


def nearest_that_is_there(path: Path) -> Path:
    """The path, or the folder above it in which it would be made."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path
