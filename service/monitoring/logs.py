"""The log: one JSON object a line on stderr, without patient data.

Study Instance UIDs may appear, names and patient identifiers never. So the *message* of an exception is left out, for it
may quote a DICOM value; its kind and the lines of code that it passed through are enough to find it. The full message is in
the ledger, behind authentication.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
_OURS = "tilscope.service"


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if _is_ours(record) else _without_values(record),
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = places(record.exc_info[2])
        return json.dumps(line, default=str)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == _OURS or record.name.startswith(f"{_OURS}.")


def _without_values(record: logging.LogRecord) -> str:
    """A library's message without its arguments, which may hold anything.

    A message that has none may have its values in the text already, and is left out.
    """
    text = str(record.msg) if record.args else "(left out)"
    return f"{text} [{record.filename}:{record.lineno}]"


def _wanted(record: logging.LogRecord) -> bool:
    """Libraries are logged from WARNING on. Decided here, since some of them set their loggers' levels themselves."""
    return _is_ours(record) or record.levelno >= (
        logging.ERROR if record.name.startswith("distributed") else logging.WARNING
    )


def places(trace: TracebackType | None) -> list[str]:
    """Where an exception passed, outermost first: 'score.py:71 score'."""
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def log_to_stderr(level: str) -> None:
    """Set up the log of this process; libraries that have handlers of their own lose them."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_wanted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level)
    logging.captureWarnings(True)  # pydicom's warnings quote the values that it warns of
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
