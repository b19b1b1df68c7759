"""Writes a ledger with the code of an earlier version, as SQL: run in a checkout of that version, with that checkout on the path.

    git worktree add OLD v0.1.0
    PYTHONPATH=OLD python tests/service/ledger/released/write_dump.py > tests/service/ledger/released/v0.1.0.sql

From 0.3.0 on the path is OLD/.cache/package, which `make package-links` there makes. The study is scored by that version too.
Versions had other names for the same; whatever lies behind `any_of` is one thing.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

PATIENT, OTHER_PATIENT = "PID-0815", "PID-4711"


#: Before 0.3.0 the folders were packages of their own.
PREFIX = "" if importlib.util.find_spec("service") else "tilscope."


def module(*names: str) -> Any:
    """The first of these that this version has; None if it has none of them."""
    for name in names:
        try:
            return importlib.import_module(PREFIX + name)
        except ModuleNotFoundError:
            continue
    return None


def any_of(thing: object, *names: str) -> Any:
    return next(getattr(thing, name) for name in names if hasattr(thing, name))


def scored_result(folder: Path) -> dict[str, Any]:
    phantom = module("phantom")
    archive_of = module("dicom_io.archives.folder").FolderArchive
    score = module("service.scoring.score", "service.score").score
    settings = module("models.settings").PipelineSettings()
    phantom.write_study(phantom.make_study(phantom.PhantomSpec.small()), folder / "study")
    archive = archive_of(folder / "study" / "dicom", folder / "out")
    result: dict[str, Any] = score(archive, archive.only_study(), settings, lambda stage, fraction: None).as_json()
    return result


class OldLedger:
    """The ledger of that version, and what the service did with it."""

    def __init__(self, file: Path) -> None:
        package = module("service.ledger")
        self.package = package
        self.time = 1_700_000_000.0
        further = {}
        webhooks = module("service.webhook_settings")
        if webhooks is not None:
            secret = f"whsec_{base64.b64encode(bytes(range(24))).decode()}"
            receiver = webhooks.Webhook(
                url="https://receiver.example/hook", secret=secret, include=["study_uid", "scores"]
            )
            further["announce"] = module("service.ledger.outbox", "service.outbox").announcer([receiver])
        self.ledger = package.Ledger(f"sqlite:///{file}", self.now, **further)
        self.receiving = any_of(self.ledger, "receiving") if hasattr(self.ledger, "receiving") else self.ledger
        self.attempts = any_of(self.ledger, "attempts") if hasattr(self.ledger, "attempts") else self.ledger
        named = [name for name in ("requests", "wishes") if hasattr(self.ledger, name)]
        self.requests = getattr(self.ledger, named[0]) if named else self.ledger

    def now(self) -> float:
        self.time += 10.0
        return self.time

    def arrive(self, uid: str, instances: int = 112) -> Any:
        place = self.package.Cursor(4711, "00112233-44556677-8899aabb-ccddeeff-00112233")
        self.receiving.arrived([self.package.Arrival(uid, f"orthanc-{uid[-8:]}", instances)], place)
        self.time += 100.0
        (candidate,) = [one for one in self.receiving.to_examine(0.0, 0.0) if one.study_uid == uid]
        return candidate

    def claim(self, uid: str, images: str) -> Any:
        self.receiving.settle(self.arrive(uid), images)
        claim = self.attempts.claim()
        assert claim.study_uid == uid
        return claim

    def ask(self, uid: str, **annotations: Any) -> None:
        any_of(self.requests, "rescore", "ask_for_rescore")(uid, f"orthanc-{uid[-8:]}", "dr-who", **annotations)


def fill(old: OldLedger, result: dict[str, Any], schema: int) -> None:
    """A study in each state that a service leaves, and everything that a person may have given."""
    scored = result["study_uid"]
    old.attempts.refused(old.claim(scored, "an older input"), "too-few-phases", "2 phases were found; 3 are needed.")
    claim = old.claim(scored, result["input_hash"])
    old.attempts.progress(claim.work_id, "segmenting", 0.4)
    old.attempts.succeeded(claim, result["input_hash"], result)
    old.attempts.refused(old.claim("1.2.3.1", "i1"), "too-few-phases", "2 phases were found; at least 3 are needed.")
    old.attempts.faulted(old.claim("1.2.3.2", "i2"), "timed-out", "It took longer than 600 s.", None)
    old.attempts.faulted(old.claim("1.2.3.3", "i3"), "timed-out", "It took longer than 600 s.", 1e9)
    old.claim("1.2.3.4", "i4")  # the service was killed in it
    old.receiving.settle(old.arrive("1.2.3.5"), "i5")
    old.receiving.incomplete(old.arrive("1.2.3.6", 28), "too-few-phases", "1 phase was found; at least 3 are needed.")
    if schema >= 2:
        old.ask("1.2.3.1", steering={"seed_mm": [62.5, -40.0, 12.0], "box_mm": None}, molecular={"gzma": 4.25})
    if schema >= 3:
        learn = any_of(old.requests, "record_findings_of_patient", "learn_of_patient")
        learn(PATIENT, [(scored, f"orthanc-{scored[-8:]}")], {"gzma": 4.5, "triple_negative": True}, "dr-who")
        learn(OTHER_PATIENT, [], {"prf1": 2.5}, "dr-who")
        log = module("service.ledger.audit_log", "service.ledger.actions")
        line = any_of(log, "AuditEntry", "Action")(1.0, "dr-who", "POST /studies/1.2.3.1/rescore", "1.2.3.1", None)
        audit = any_of(log, "AuditLog", "Account")(old.ledger.engine)
        audit.complete(audit.begin(line), 202)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = module("service.ledger.tables", "service.ledger_tables")
        old = OldLedger(folder / "ledger.sqlite")
        fill(old, scored_result(folder), tables.SCHEMA_VERSION)
        old.ledger.close()
        with sqlite3.connect(folder / "ledger.sqlite") as db:
            sys.stdout.writelines(f"{line}\n" for line in db.iterdump())


if __name__ == "__main__":
    main()
