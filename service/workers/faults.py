"""What can go wrong with a run that is nobody's "no": faults of ours, of the machine, of the network. As a table.

A refusal (`models.refusals`) is a result about the study. A fault is none: the study is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: dict[str, str] = {
    "worker-died": "The worker process died while {stage}: it crashed or was killed.",
    "out-of-memory": "The worker process needed more than {limit} of memory while {stage} and was ended.",
    "timed-out": "Scoring took longer than {limit:g} s and was ended while {stage}.",
    "extraction-timed-out": "Measuring the features took longer than {limit:g} s and was ended while {stage}.",
    "no-worker": "No worker took the study up within {limit:g} s.",
    "exception": "{kind} while {stage}: {message} (at {where}).",
    "archive-unreachable": "Orthanc could not be reached while {stage} ({kind}).",
    "input-changed": "The images of the study changed while {stage}; nothing of the earlier ones was stored.",
    "not-returned": "The worker's answer was lost ({kind}).",
}

#: A message may be a whole page; the ledger keeps its beginning.
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Fault:
    """One row of the table, filled in."""

    code: str
    reason: str

    @classmethod
    def of(cls, code: str, **facts: object) -> Fault:
        short = {key: value[:_LONGEST_MESSAGE] if isinstance(value, str) else value for key, value in facts.items()}
        return cls(code, FAULTS[code].format(**short))
