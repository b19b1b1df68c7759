"""`python -m second_opinion`: trains the network of docs/learned-second-opinion.md; goes on where it was."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from second_opinion.label_maps import label_map
from second_opinion.torch_training import Progress, train
from validation.kept import ROOT

#: Patients to learn from; 1 to 99 are left to judge by, and those after 999 to reports.
SEEDS = range(100, 260)
STEPS = 3000


def main() -> None:
    arguments = argparse.ArgumentParser(prog="second_opinion", description=__doc__)
    arguments.add_argument(
        "--place", type=Path, default=ROOT / ".cache" / "second-opinion", help="maps and checkpoints"
    )
    arguments.add_argument("--steps", type=int, default=STEPS, help="when it is trained")
    arguments.add_argument("--minutes", type=float, default=float("inf"), help="stop earlier, to go on another time")
    arguments.add_argument("--threads", type=int, default=1)
    asked = arguments.parse_args()
    torch.set_num_threads(asked.threads)
    checkpoint = asked.place / "checkpoint.pt"
    maps = [label_map(seed, asked.place / "maps") for seed in SEEDS]
    train(Progress.of(checkpoint), maps, asked.steps, checkpoint, 60 * asked.minutes)


if __name__ == "__main__":
    main()
