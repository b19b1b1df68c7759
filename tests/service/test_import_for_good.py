"""The libraries of the pipeline are imported without garbage collection, and no collection looks through them afterwards."""

from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import gc, json, sys
from tilscope.service.import_for_good import TABLES_OF_OBJECTS, import_for_good
collections = []
gc.callbacks.append(lambda phase, info: collections.append(phase))
import_for_good("tilscope.service.scoring.score", TABLES_OF_OBJECTS)
during = len(collections)
objects = len(gc.get_objects())
print(json.dumps([during, objects, gc.get_freeze_count(), gc.isenabled(), TABLES_OF_OBJECTS in sys.modules]))
"""


def test_nothing_is_collected_meanwhile_and_nothing_of_it_later() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    collections, looked_through, kept, enabled, tables = json.loads(done.stdout)
    assert collections == 0
    assert looked_through < 1000 < 100_000 < kept
    assert enabled
    assert tables, "highdicom has them under another name: the first object of every process waits for them"
