"""The stages of a run, timed by the clock and by the processors."""

from __future__ import annotations

import time

from tilscope.service.scoring.stages import StageClock


def test_waiting_costs_time_and_no_processor_and_work_costs_both() -> None:
    told: list[tuple[str, float]] = []
    clock = StageClock(lambda stage, done: told.append((stage, done)))
    clock.begin("waiting", 0.0)
    time.sleep(0.3)
    part = clock.share(0.5, 1.0, ", left breast")
    part.begin("working", 0.0)
    begun = time.process_time()
    while time.process_time() - begun < 0.3:
        sum(range(10_000))
    clock.begin("done", 1.0)
    wall, cpu = clock.seconds(), clock.cpu_seconds()
    assert told == [("waiting", 0.0), ("working, left breast", 0.5), ("done", 1.0)]
    assert wall.keys() == cpu.keys() == {"waiting", "working, left breast"}
    assert wall["waiting"] >= 0.3
    assert cpu["waiting"] < 0.15
    assert cpu["working, left breast"] >= 0.3
