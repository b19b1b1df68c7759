"""Phases by time, not by index (SIGNATURES, "Phases by time")."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.models.imaging.series import PhaseRoles, after_injection
from tilscope.models.refusals import Refused
from tilscope.models.settings import TimingSettings


def choose_phases(times_s: Sequence[float], settings: TimingSettings, assumed: bool = False) -> PhaseRoles:
    """Pick pre, early and late from mid-acquisition times in seconds after injection.

    The pre-contrast phase is the last one before the injection; early and late are the ones nearest to their targets.
    `assumed` says that nobody knows when the injection was; a refusal tells so.

    >>> choose_phases([-230, 177, 531], TimingSettings())
    PhaseRoles(pre=0, early=1, late=2)
    """
    before = [i for i, t in enumerate(times_s) if t < 0]
    after = [i for i, t in enumerate(times_s) if t >= 0]
    if not before:
        raise Refused("no-pre-phase")
    early = _nearest(times_s, after, settings.early_s, settings.early_window_s, "early-phase-missing", assumed)
    # The early phase cannot serve as the late one: SER would be 1 everywhere.
    later = [i for i in after if times_s[i] > times_s[early]]
    late = _nearest(times_s, later or [early], settings.late_s, settings.late_window_s, "late-phase-missing", assumed)
    return PhaseRoles(before[-1], early, late)


def _nearest(
    times: Sequence[float], among: Sequence[int], target: float, window: tuple[float, float], code: str, assumed: bool
) -> int:
    best = min(among, key=lambda i: abs(times[i] - target), default=None)
    low, high = window
    if best is None or not low <= times[best] <= high:
        found = times[best] if best is not None else float("nan")
        raise Refused(code, low=low, high=high, after=after_injection(assumed), target=target, found=found)
    return best
