"""The service as a process: `python -m tilscope.service.run`, started by Orthanc's plugin or by hand.

The plugin's contract: the first line on stdin is one JSON object, the settings; the pipe then stays open, and its end
means that the parent is gone. When the service can answer, it writes one line {"port": N} to stdout. The log goes to
stderr. By hand: `python -m tilscope.service.run --settings FILE`; then stdin means nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from tilscope.service.parent import Parent

_LONGEST_STOP_S = 8.0  # the plugin gives us ten
_LONGEST_WAIT_S = 15.0  # for a predecessor that is still dying
log = logging.getLogger("tilscope.service.run")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop. 0: stopped in order; 1: could not start; 2: wrong settings."""
    options = _options(arguments)
    # Worker processes import this module too, and need none of these.
    from tilscope.models.refusals import BadInput, WrongSettings
    from tilscope.service.extras import MissingExtra, require_extra

    try:
        require_extra("service")
    except MissingExtra as missing:
        print(missing, file=sys.stderr)
        return 1
    from tilscope.service.doctor.at_start import NotInOrder
    from tilscope.service.lease.lease import LedgerInUse
    from tilscope.service.ledger.database import LedgerTooNew
    from tilscope.service.monitoring.logs import log_to_stderr
    from tilscope.service.single_instance import AlreadyRunning

    answer_to = _stdout_of_our_own()
    log_to_stderr("INFO")
    try:
        settings = _read_settings(options.settings)
        log_to_stderr(settings.log_level)
        _serve(settings, answer_to, None if options.settings else Parent())
    except WrongSettings as wrong:
        for problem in wrong.problems:
            log.error(problem)
        return 2
    except (AlreadyRunning, LedgerInUse, LedgerTooNew, NotInOrder, BadInput) as reason:
        log.error(str(reason))
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tilscope.service.run", description="TILscope's service.")
    parser.add_argument("--settings", type=Path, help="read the settings from this JSON file instead of stdin")
    return parser.parse_args(arguments)


def _stdout_of_our_own() -> IO[str]:
    """Keep stdout for the one line of the contract; whatever else is printed, by whomever, goes to stderr."""
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return kept


def _read_settings(file: Path | None) -> Any:
    from tilscope.models.refusals import WrongSettings
    from tilscope.service.settings import ServiceSettings

    try:
        text = sys.stdin.readline() if file is None else file.read_text(encoding="utf-8")
        values = json.loads(text)
    except OSError as fault:
        raise WrongSettings([f"The settings cannot be read: {fault.strerror}."]) from None
    except ValueError:
        source = "The first line on stdin" if file is None else str(file)
        raise WrongSettings([f"{source} is not JSON: it must be one object with the settings."]) from None
    return ServiceSettings.read(values)


def _serve(settings: Any, answer_to: IO[str], parent: Parent | None) -> None:
    from tilscope.service.workers.warm_process import begin_warm_process

    os.umask(0o077)  # ledger and scratch files are nobody else's
    if not settings.scheduler_address:
        begin_warm_process()  # it imports while we do

    import uvicorn

    from tilscope.models.signatures import all_signatures
    from tilscope.service.api import ApiContext, make_api
    from tilscope.service.doctor.at_start import StartExamination
    from tilscope.service.lease.owner import Owner
    from tilscope.service.single_instance import DataDirectoryLock

    all_signatures()  # a package that brings one and cannot be used stops us here, and not the first study
    examination = StartExamination(settings)
    me, stands_by = Owner.this_process(), settings.second_service == "stands-by"
    lock = DataDirectoryLock(settings.folder, math.inf if stands_by else _LONGEST_WAIT_S, me.start_id)
    parts = replace(ApiContext.of(settings, me), installation=lambda: examination.sentences)
    _take_ledger(parts, lock.predecessor, stands_by)
    listening = _listening(settings.port)

    def tell_port() -> None:
        print(json.dumps({"port": listening.getsockname()[1]}), file=answer_to, flush=True)

    app = make_api(parts, tell_port)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2)
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again when it is done; the default action would then end us before our own end.
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))

    parts.start()
    examination.ask_orthanc()
    log.info("service started", extra={"port": listening.getsockname()[1], "pid": os.getpid()})
    if parent is not None:
        parent.from_now_on(lambda: _stop_without_parent(server))
    server.run(sockets=[listening])  # until SIGTERM, SIGINT or the parent's end

    _end_within(_LONGEST_STOP_S)
    log.info("service stops")
    parts.stop()
    lock.release()
    log.info("service stopped")


def _listening(port: int) -> socket.socket:
    """On the loopback only; 0 is any free port."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    return listening


def _take_ledger(parts: Any, predecessor: str, stands_by: bool) -> None:
    """It is ours from here to the heartbeat's stop."""
    from tilscope.service.ledger.waits import bound_waits

    def tell(owner: object) -> None:
        log.warning(f"standing by: {owner} works with the ledger")

    parts.heartbeat.lease.take(predecessor, stands_by, tell)
    # If it is lost, what we have under way is another's to settle: nothing more may be written.
    parts.heartbeat.on_lost = lambda: os._exit(1)
    parts.heartbeat.start()
    bound_waits(parts.ledger.engine, parts.ledger.steady(), parts.settings.back_off)


def _stop_without_parent(server: Any) -> None:
    server.should_exit = True
    # If the server hangs in a request, the end must still come.
    _end_within(_LONGEST_STOP_S)


def _end_within(seconds: float) -> None:
    """A stop that hangs is worse than a stop in disorder: the ledger holds either way."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # Dask's threads have nothing left to say
