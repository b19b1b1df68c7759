"""A genetic algorithm over sets of features: the better ones have more children, which mix and change what they took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Places of features, ascending.
Genes = tuple[int, ...]


@dataclass(frozen=True)
class Evolution:
    """How long, among how many, and how many features a set may have at most."""

    population: int = 100
    generations: int = 100
    most: int = 6
    fittest: int = 2
    """Of each generation, that live on as they are."""
    rivals: int = 3
    """Drawn at random; the best of them is a parent."""
    changed: float = 0.3
    """The part of the children that change by one feature."""


def best_set(
    fitness: Callable[[Genes], float], candidates: int, evolution: Evolution, random: np.random.Generator
) -> tuple[Genes, float]:
    """The fittest set that was met, and its fitness; of equals the one met first.

    Parameters
    ----------
    fitness : callable
        Of a set; asked once for each.
    candidates : int
        How many features there are.
    evolution : Evolution
        How long, among how many.
    random : numpy.random.Generator
        Equal states give equal answers.

    Returns
    -------
    tuple of (tuple of int, float)
        The places of the features, and how fit they are.
    """
    known: dict[Genes, float] = {}

    def fit(one: Genes) -> float:
        if one not in known:
            known[one] = fitness(one)
        return known[one]

    most = min(evolution.most, candidates)
    people = [_drawn(candidates, most, random) for _ in range(evolution.population)]
    for _ in range(evolution.generations):
        fitnesses = np.array([fit(one) for one in people])
        ranked = np.argsort(-fitnesses, kind="stable")
        children = [people[n] for n in ranked[: evolution.fittest]]
        while len(children) < evolution.population:
            mother, father = (people[_winner(fitnesses, evolution.rivals, random)] for _ in range(2))
            child = _mixed(mother, father, most, random)
            children.append(_changed(child, candidates, most, random) if random.random() < evolution.changed else child)
        people = children
    for one in people:
        fit(one)
    best = max(known, key=lambda one: known[one])
    return best, known[best]


def _drawn(candidates: int, most: int, random: np.random.Generator) -> Genes:
    count = int(random.integers(1, most + 1))
    return tuple(sorted(random.choice(candidates, count, replace=False).tolist()))


def _winner(fitnesses: NDArray[np.float64], rivals: int, random: np.random.Generator) -> int:
    drawn = random.integers(0, len(fitnesses), rivals)
    return int(drawn[np.argmax(fitnesses[drawn])])


def _mixed(mother: Genes, father: Genes, most: int, random: np.random.Generator) -> Genes:
    """What both have, and of the rest about half."""
    both, either = set(mother) & set(father), sorted(set(mother) ^ set(father))
    taken = [one for one in either if random.random() < 0.5]
    child = sorted(both | set(random.permutation(taken)[: most - len(both)].tolist()))
    return tuple(child) or mother


def _changed(genes: Genes, candidates: int, most: int, random: np.random.Generator) -> Genes:
    """One feature more, one fewer, or another in the place of one."""
    others = sorted(set(range(candidates)) - set(genes))
    how = random.integers(3)
    kept = set(genes)
    if how != 0 and len(kept) > 1:
        kept.discard(int(random.choice(genes)))
    if how != 1 and others and len(kept) < most:
        kept.add(int(random.choice(others)))
    return tuple(sorted(kept))
