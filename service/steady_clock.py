"""Seconds since 1970 as they were when this process began, and from then on by a clock that nobody sets.

The system's clock is set by people and by time servers, an hour forward and back if need be: what is waited for must neither
be released nor held by that. A process that begins later is anchored anew: see `service.ledger.waits`.
"""

from __future__ import annotations

import time

# Linux's monotonic clock stands still while a machine sleeps; this one does not.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_ANCHOR = time.time() - time.clock_gettime(_CLOCK)


def steady_time() -> float:
    """For durations within this process; for moments that people read there is `time.time`."""
    return _ANCHOR + time.clock_gettime(_CLOCK)
