"""What happens to one study in a ledger, step by step, and how it is looked at: for tests."""

from __future__ import annotations

from kept_results import Clock

from tilscope.service.ledger import Arrival, Claim, Cursor, Ledger, StudyToExamine
from tilscope.service.ledger.queries import Reader, Study
from tilscope.service.ledger.states import State

STUDY = "1.2.3"
QUIET, STABLE = 3.0, 60.0


def arrive(ledger: Ledger, instances: int = 10, study: str = STUDY, seq: int = 1) -> None:
    ledger.receiving.arrived([Arrival(study, f"orthanc-{study}", instances)], Cursor(seq))


def candidate(ledger: Ledger) -> StudyToExamine:
    (found,) = ledger.receiving.to_examine(QUIET, STABLE)
    return found


def make_ready(ledger: Ledger, clock: Clock, input_hash: str, study: str = STUDY) -> None:
    arrive(ledger, study=study)
    clock.pass_by(QUIET)
    assert ledger.receiving.settle(candidate(ledger), input_hash) is State.READY


def take(ledger: Ledger) -> Claim:
    claim = ledger.attempts.claim()
    assert claim is not None
    return claim


def states(reader: Reader, study: str = STUDY) -> dict[str, State]:
    return {row.input_hash: row.state for row in reader.inputs(study)}


def current(reader: Reader, study: str = STUDY) -> Study:
    (row,) = [row for row in reader.current()[0] if row.study_uid == study]
    return row


def told(reader: Reader, study: str = STUDY) -> list[str]:
    return [entry.event for entry in reader.timeline(study)]
