"""How the command line answers: exit codes, and errors in words or in JSON."""

from __future__ import annotations

import json
import sys
import traceback
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tilscope.models.refusals import BadInput, Refused, WrongSettings
from tilscope.service.extras import missing_extra

if TYPE_CHECKING:
    import httpx

#: Results go to stdout; progress and errors to stderr, so that a pipe receives results only.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout.")]


class CannotGoOn(Exception):
    """A command met something that it cannot change; the sentence says what."""


class Exit(IntEnum):
    DONE = 0
    FAULT = 1
    USAGE = 2
    REFUSED = 3
    BAD_INPUT = 4
    NEEDS_READER = 5
    INTERRUPTED = 130


EXIT_CODES_HELP = (
    "Exit codes: 0 done · 1 a fault, worth trying again or reporting · 2 wrong usage · "
    "3 refused: the study was understood and a rule says no · 4 bad input: no usable study was given · "
    "5 a reader must decide: candidates were written, and no score · 130 interrupted."
)


def cells(*texts: object) -> list[Text]:
    """A table's row: text from headers and reports is never read as markup."""
    return [Text(str(text)) for text in texts]


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def run(app: typer.Typer) -> None:
    """Run the program; whatever ends it becomes one sentence and an exit code."""
    as_json = "--json" in sys.argv
    try:
        app(standalone_mode=True)
    except (Refused, BadInput) as answer:
        code = Exit.REFUSED if isinstance(answer, Refused) else Exit.BAD_INPUT
        kind = "refused" if isinstance(answer, Refused) else "bad input"
        _tell(kind, answer.code, str(answer), as_json)
        sys.exit(code)
    except WrongSettings as wrong:
        _tell("wrong usage", "wrong-settings", str(wrong), as_json)
        sys.exit(Exit.USAGE)
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(Exit.INTERRUPTED)
    except Exception as fault:
        _tell("fault", *_code_and_sentence(fault), as_json)
        sys.exit(Exit.FAULT)


def _code_and_sentence(fault: Exception) -> tuple[str, str]:
    """Of what a person can do something about, a sentence alone; of anything else, the traceback before it."""
    import httpx  # slow to import: only once something has failed

    from tilscope.dicom_io.send_errors import SendError

    if isinstance(fault, ImportError) and (missing := missing_extra(fault)) is not None:
        return "missing-extra", str(missing)
    if isinstance(fault, (SendError, CannotGoOn, httpx.ConnectError)):
        return "unreachable", str(fault)
    if isinstance(fault, httpx.HTTPStatusError):
        return f"http-{fault.response.status_code}", _sentence_of(fault.response)
    traceback.print_exception(fault)
    return type(fault).__name__, str(fault) or "no message"


def _sentence_of(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"{response.request.url} answered {response.status_code} {response.reason_phrase}"


def _tell(kind: str, code: str, sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({"kind": kind, "code": code, "error": sentence})
    else:
        err.print(f"[bold red]{kind}[/bold red] ({code}): ", end="")
        err.print(sentence, markup=False)
