"""Training on label maps, one step after another; broken off and begun again it goes on where it was."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from second_opinion.appearance import Sample, sample
from second_opinion.label_maps import LabelMap
from second_opinion.torch_network import Network
from torch import nn
from torch.nn import functional

BATCH = 2
LEARNING_RATE = 3e-3
#: Steps between two checkpoints.
SAVED_EVERY = 100


@dataclass
class Progress:
    """A network in training."""

    network: Network
    optimiser: torch.optim.Optimizer
    step: int = 0

    @classmethod
    def begun(cls) -> Progress:
        """A network that has learned nothing."""
        torch.manual_seed(20)
        network = Network()
        return cls(network, torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-4))

    @classmethod
    def of(cls, path: Path) -> Progress:
        """As the checkpoint has it; begun, where there is none."""
        progress = cls.begun()
        if path.exists():
            kept = torch.load(path, weights_only=True)
            progress.network.load_state_dict(kept["network"])
            progress.optimiser.load_state_dict(kept["optimiser"])
            progress.step = kept["step"]
        return progress

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        work = path.with_suffix(".part")
        kept = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step}
        torch.save(kept, work)
        work.rename(path)


def train(progress: Progress, maps: list[LabelMap], steps: int, path: Path, seconds: float = np.inf) -> Progress:
    """Go on until `steps` are made in all, or the time is spent; a checkpoint now and then and at the end."""
    begun, losses = time.monotonic(), []
    # One thread draws the next batch while the network learns from this one.
    with ThreadPoolExecutor(1) as pool:
        ready = pool.submit(batch, maps, progress.step)
        while progress.step < steps and time.monotonic() - begun < seconds:
            samples, ready = ready.result(), pool.submit(batch, maps, progress.step + 1)
            losses.append(one_step(progress, samples, steps))
            if progress.step % SAVED_EVERY == 0:
                progress.save(path)
                print(f"step {progress.step}: loss {np.mean(losses[-SAVED_EVERY:]):.4f}", flush=True)
    progress.save(path)
    return progress


def batch(maps: list[LabelMap], step: int) -> list[Sample]:
    """Samples that nobody has seen; the step's number alone says what they are."""
    random = np.random.default_rng([7, step])
    return [sample(maps[int(random.integers(len(maps)))], random) for _ in range(BATCH)]


def one_step(progress: Progress, samples: list[Sample], steps: int) -> float:
    """Learn from one batch; its loss."""
    views = torch.from_numpy(np.stack([one.views for one in samples]))
    tumour = torch.from_numpy(np.stack([one.tumour for one in samples]))
    breast = torch.from_numpy(np.stack([one.breast for one in samples]))
    for group in progress.optimiser.param_groups:
        group["lr"] = LEARNING_RATE * min(1.0, (progress.step + 1) / 50) * (1 - progress.step / steps) ** 0.9
    progress.network.train()
    progress.optimiser.zero_grad()
    loss = loss_of(progress.network(views), tumour, breast)
    loss.backward()
    nn.utils.clip_grad_norm_(progress.network.parameters(), 5.0)
    progress.optimiser.step()
    progress.step += 1
    return float(loss.item())


def loss_of(logits: torch.Tensor, tumour: torch.Tensor, breast: torch.Tensor) -> torch.Tensor:
    """Cross-entropy within the breast, and one less Dice."""
    logits, truth = logits[breast], tumour[breast]
    found = torch.sigmoid(logits)
    dice = (2 * (found * truth).sum() + 10) / (found.sum() + truth.sum() + 10)
    return functional.binary_cross_entropy_with_logits(logits, truth) + 0.3 * (1 - dice)
