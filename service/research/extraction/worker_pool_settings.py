"""How many worker processes extract, and what each may use."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from tilscope.models.setting_limits import CHECKED, WholeNumber
from tilscope.models.wrong_settings import named
from tilscope.service.settings import Duration, MemorySize


@named("")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class WorkerPoolSettings:
    workers: Annotated[WholeNumber, Field(ge=0, le=1024)]
    """With less than two, the calling process works itself."""
    worker_memory: MemorySize = "4GiB"
    """Of each worker; processes that share the features of one study are not counted."""
    timeout_seconds: Duration = 3600.0
    """Of one study."""
