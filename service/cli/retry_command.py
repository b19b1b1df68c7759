"""retry: every study that has failed, or all that failed for one reason."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tilscope.service.cli.archive_commands import LOCAL, PasswordOption, UrlOption, UserOption, client_of
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json


def add_to(app: typer.Typer) -> None:
    app.command("retry")(retry_command)


def retry_command(
    code: Annotated[str, typer.Option(help="Only what failed with this code, such as worker-died.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how many have failed, by code.")] = False,
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try the studies that have failed again, once what ended them has been mended.

    They are inspected and scored behind all that arrives meanwhile. `tilscope status` and the page show what becomes of them.
    """
    with client_of(url, user, password_file) as client:
        response = client.get("/tilscope/retries")
        wanted = response["failed"].get(code, 0) if code else sum(response["failed"].values())
        asked = 0
        # Portion by portion; not more than there were: one that fails again at once is asked for once.
        while not dry_run and asked < wanted:
            response = client.post("/tilscope/retries", json={"code": code})
            if not response["asked"]:
                break
            asked += response["asked"]
    _print({**response, "asked": asked}, dry_run, as_json)


def _print(response: dict[str, Any], dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json(response)
    elif dry_run:
        for code, studies in response["failed"].items():
            out.print(f"{code}: {studies}", markup=False)
        if not response["failed"]:
            out.print("No study has failed.")
    else:
        asked = response["asked"]
        out.print(f"{asked} {'study is' if asked == 1 else 'studies are'} tried again.")
