"""What can go wrong with a run that is nobody's "no": faults of ours, of the machine, of the archive. As a table.

A refusal (`models.refusals`) is a result about the study. A fault is none: the study is tried again. One of the archive or of
the machine is not the study's: it uses up no attempt, and nothing is begun while it lasts (`breaker`).
"""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: dict[str, str] = {
    "worker-died": "The worker process died while {stage}: it crashed or was killed.",
    "out-of-memory": "The worker process needed more than {limit} of memory while {stage} and was ended.",
    "timed-out": "Scoring took longer than {limit:g} s and was ended while {stage}.",
    "extraction-timed-out": "Measuring the features took longer than {limit:g} s and was ended while {stage}.",
    "no-worker": "No worker took the study up within {limit:g} s.",
    "exception": "An error that nobody foresaw ended the run while {stage} ({kind} at {where}); the log names the lines.",
    "installed-meanwhile": "A reference or model was installed while the study was scored; it is scored again.",
    "input-changed": "The images of the study changed while {stage}; nothing of the earlier ones was stored.",
    "archive-unreachable": "Orthanc could not be reached while {stage}: {how}.",
    "archive-faulty": "Orthanc answered HTTP {status} while {stage}: a fault of its own, not of the study.",
    "archive-full": "Orthanc had no room left (HTTP {status}) while {stage}.",
    "archive-locked": "Orthanc did not let TILscope in (HTTP {status}) while {stage}.",
    "archive-declined": "Orthanc declined what it was asked about this study (HTTP {status}) while {stage}.",
    "disk-full": "The disk of TILscope's data directory was full while {stage}.",
    "not-returned": "The worker's answer was lost ({kind}).",
}

#: What nothing is begun for while it lasts, as health says it.
OUTAGES: dict[str, str] = {
    "archive-unreachable": "Orthanc cannot be reached for {doing}: {how}",
    "archive-faulty": "Orthanc answers HTTP {status} on {doing}",
    "archive-full": "Orthanc has no room left (HTTP {status})",
    "archive-locked": "Orthanc does not let TILscope in (HTTP {status}); check the user and the password that it is given",
    "disk-full": "The disk of TILscope's data directory is full",
}

_RESULTS_WAIT = " The finished results wait and are stored as soon as it is well; nothing is computed again."
_NO_ROOM = " There is no more room for finished results to wait in (`unstored_at_most`): the study is computed again."
_NO_ROOM_FOR_HEALTH = " (and no more finished results can wait: `unstored_at_most` is reached)"

#: A message may be a whole page; the ledger keeps its beginning.
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Fault:
    """One row of the table, filled in."""

    code: str
    reason: str
    outage: str = ""
    """Where it is not the study's: what is wrong, as health says it."""
    storing: bool = False
    """It was met when the results were stored; else before."""

    @classmethod
    def of(cls, code: str, **facts: object) -> Fault:
        short = {key: value[:_LONGEST_MESSAGE] if isinstance(value, str) else value for key, value in facts.items()}
        return cls(code, FAULTS[code].format(**short))

    @classmethod
    def not_of_the_study(cls, code: str, storing: bool, results_wait: bool | None = None, **facts: object) -> Fault:
        """`results_wait`: whether finished results are kept meanwhile; None where there are none yet."""
        doing = "storing" if storing else "reading"
        further = {None: "", True: _RESULTS_WAIT, False: _NO_ROOM}[results_wait]
        reason = FAULTS[code].format(**facts) + further
        outage = OUTAGES[code].format(doing=doing, **facts) + (_NO_ROOM_FOR_HEALTH if results_wait is False else "")
        return cls(code, reason, outage, storing)
