"""What is wrong with a file that somebody wrote, as pydantic found it, in one line."""

from __future__ import annotations

from pydantic import ValidationError


def first_fault(error: ValidationError) -> str:
    """The place and the fault."""
    return _faults(error)[0]


def all_faults(error: ValidationError) -> str:
    return "; ".join(_faults(error))


def _faults(error: ValidationError) -> list[str]:
    messages = []
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"])
        message = str(fault["msg"]).removeprefix("Value error, ")
        messages.append(f"{place}: {message}" if place else message)
    return messages
