"""Imported by the warm process alone (`warm_process`), which does by this import all that it is there for."""

import os

from tilscope.service.import_for_good import TABLES_OF_OBJECTS, import_for_good
from tilscope.service.workers.parent_death import PARENT, die_with_parent


def _import_all() -> None:
    import_for_good(
        "distributed.nanny",
        "tilscope.service.workers.worker_setup",
        "tilscope.service.workers.task",
        "tilscope.service.workers.score_in_archive",
        TABLES_OF_OBJECTS,
    )
    from tilscope.models.signatures.registry import built_in_plugins

    built_in_plugins()  # those of other packages are theirs to import: in a worker, where a fault of theirs is told


# Its copies hold open the pipe by which Python would tell that the service is gone, and they wait for the end of this process.
die_with_parent(int(os.environ[PARENT]))
_import_all()
