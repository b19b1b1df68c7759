"""Imports that a process keeps for all of its life, without garbage collection: nothing of them ever becomes garbage.

Python looks through everything that was made each time that enough has come. The pipeline's libraries are 170,000 objects, and
highdicom's tables of what each kind of object may hold are 200,000 more.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module

#: highdicom imports them with the first object that it makes. For processes that will make many: they take 30 MB.
TABLES_OF_OBJECTS = "highdicom._modules"


def import_for_good(*modules: str) -> None:
    """Import these modules and what they need; no later collection looks through what is there then.

    A module that is not there is left to whoever needs it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for module in modules:
            with suppress(ModuleNotFoundError):
                import_module(module)
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
