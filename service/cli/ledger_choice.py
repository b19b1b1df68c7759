"""The ledger that a command works on: that of a data directory, beside a service that may be running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tilscope.service.cli.site_settings import read_settings
from tilscope.service.terminal.exit_codes import CannotGoOn

if TYPE_CHECKING:
    from tilscope.service.ledger import Ledger

_OTHER_VERSION = "There is no ledger of this version of TILscope. Start the service once, which makes it or brings an older one up to date."


@contextmanager
def ledger_of(settings_file: Path | None, data: Path | None) -> Iterator[tuple[Ledger, Path]]:
    """The ledger and the data directory. It must be there, and of this version: making one and bringing one up to date are the service's tasks."""
    from tilscope.service.ledger import Ledger
    from tilscope.service.ledger.database import open_if_current
    from tilscope.service.settings import LEDGER_FILE, PATIENT_KEY_FILE

    if settings_file is None and data is None:
        raise typer.BadParameter("give --data DIRECTORY, or --settings FILE that names it")
    if data is not None:
        folder = data.absolute()
        url, key = f"sqlite:///{folder / LEDGER_FILE}", folder / PATIENT_KEY_FILE
        is_there = (folder / LEDGER_FILE).is_file()
    else:
        assert settings_file is not None
        settings = read_settings(settings_file)
        folder = settings.folder
        url, key = settings.ledger_url, settings.patient_key_file
        is_there = bool(settings.database_url) or (folder / LEDGER_FILE).is_file()
    current = open_if_current(url) if is_there else None
    if current is None:
        raise CannotGoOn(_OTHER_VERSION)
    current.dispose()
    ledger = Ledger(url, patient_key_file=key)
    try:
        yield ledger, folder
    finally:
        ledger.close()
