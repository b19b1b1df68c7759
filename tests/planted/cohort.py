"""One cohort of drawn features with the labels, the expression and the survival that were planted into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tilscope.models.signatures import all_signatures, complete_sets
from tilscope.models.signatures.base import Signature
from tilscope.service.research.training.input_tables import feature_id
from tilscope.service.research.training.training_table import TrainingTable, complete

Numbers = NDArray[np.float64]

#: How much of a feature is that of its kind, its filter and phase, its region; the rest is its own.
KIND, IMAGE, REGION = 0.5, 0.35, 0.25
#: Of the hazard, for one SD of the planted sum.
LOG_HAZARD_RATIO = -0.6
#: Yearly, and how long patients are followed.
HAZARD, YEARS = 0.08, 10.0


@dataclass(frozen=True)
class Law:
    """What a label depends on: weights of z-scored features that say different things, and noise."""

    weights: tuple[float, ...]
    regions: tuple[str, ...] = ()
    """Of each weight, what its feature's id must hold; () where any feature will do."""
    intercept: float = 0.0
    noise: float = 1.0
    """SD of what is added to a number; the scale of the logistic noise of a class."""
    of_cyt: float = 0.0
    """A number's weight of the z-scored CYT."""


@dataclass(frozen=True, eq=False)
class PlantedCohort:
    table: TrainingTable
    law: Law
    planted: tuple[str, ...]
    """Ids of the features that the label depends on."""
    truth: Numbers
    """[study]: the planted sum, without noise."""
    years: Numbers
    """To the event, or to the end of what is known."""
    event: NDArray[np.bool_]

    def null(self, seed: int) -> PlantedCohort:
        """The same features, with labels, CYT and survival dealt out anew: they know nothing of the features."""
        dealt = np.random.default_rng(seed).permutation(len(self.truth))
        covariates = {name: values[dealt] for name, values in self.table.covariates.items()}
        table = replace(self.table, labels=self.table.labels[dealt], covariates=covariates)
        return replace(self, table=table, years=self.years[dealt], event=self.event[dealt])


def signature_of(paper: str) -> Signature:
    return next(one for one in all_signatures() if one.id == paper)


def ids_of(paper: str, features: int | None = None) -> list[str]:
    """Of the paper's complete set, or as many of them, spread over all of it."""
    signature = signature_of(paper)
    ids = [id for column in complete_sets()[paper].columns if (id := feature_id(column, signature))]
    if features is None or features >= len(ids):
        return ids
    return [ids[n] for n in np.linspace(0, len(ids) - 1, features).astype(int)]


def drawn_features(ids: Sequence[str], studies: int, random: np.random.Generator) -> Numbers:
    """[study, feature], on scales of their own; every third is skewed, as volumes and sums are."""
    parts = [_parts(id) for id in ids]
    own = max(0.0, 1 - KIND - IMAGE - REGION) if any(p[1] for p in parts) else 0.6
    x = np.sqrt(own or 0.1) * random.normal(size=(studies, len(ids)))
    for place, share in ((0, KIND), (1, IMAGE), (2, REGION)):
        names = sorted({p[place] for p in parts})
        factors = dict(zip(names, random.normal(size=(len(names), studies)), strict=True))
        x += np.sqrt(share) * np.column_stack([factors[p[place]] for p in parts])
    x /= x.std(axis=0)
    x[:, ::3] = np.exp(0.5 * x[:, ::3])
    scale = 10.0 ** random.integers(-2, 4, len(ids))
    values: Numbers = scale * (x + random.uniform(-2, 2, len(ids)))
    return values


def _parts(id: str) -> tuple[str, str, str]:
    """Kind, image and region, as in qian2024/ring/P1/wavelet-LLH_glcm_Idmn; of Wu's ids letters and number."""
    pieces = id.split(":")[-1].split("/")
    if len(pieces) < 3:
        return id.rstrip("0123456789"), "", id[0]
    image, _, kind = pieces[-1].partition("_")
    return kind, "/".join([*pieces[2:-1], image]), pieces[1]


def planted_cohort(
    paper: str, law: Law, studies: int, seed: int, features: int | None = None, numbers: bool = False
) -> PlantedCohort:
    """`numbers`: labels are percentages, as Wu's; else classes, whose log-odds are the planted sum."""
    random = np.random.default_rng(seed)
    ids = ids_of(paper, features)
    values = drawn_features(ids, studies, random)
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    places = far_apart(ids, values, law.regions or ("",) * len(law.weights), random)
    truth = law.intercept + z[:, places] @ np.array(law.weights)
    cyt = random.normal(size=studies)
    if numbers:
        labels = np.clip(truth + law.of_cyt * cyt + law.noise * random.normal(size=studies), 0, 90)
    else:
        labels = (truth + law.noise * random.logistic(size=studies) > 0).astype(float)
    years, event = survival_by((truth - truth.mean()) / truth.std(), random)
    expression = {"cyt": np.exp(1 + 0.8 * cyt).tolist()}
    patients = [f"P-{n:04d}" for n in range(studies)]
    uids = [f"1.2.{n}" for n in range(studies)]
    table = complete(ids, values, labels.tolist(), None, patients, uids, expression)
    return PlantedCohort(table, law, tuple(ids[n] for n in places), truth, years, event)


def survival_by(z: Numbers, random: np.random.Generator) -> tuple[Numbers, NDArray[np.bool_]]:
    """Exponential times whose hazard the planted sum moves by `LOG_HAZARD_RATIO`; censored at random and at the end."""
    time = random.exponential(1 / (HAZARD * np.exp(LOG_HAZARD_RATIO * z)))
    known = np.minimum(random.uniform(3, 2 * YEARS, len(z)), YEARS)
    return np.minimum(time, known), time <= known


def far_apart(ids: Sequence[str], x: Numbers, regions: Sequence[str], random: np.random.Generator) -> list[int]:
    """Places of features, one of each region, that say different things: those of least correlation that a draw finds."""
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    found: list[int] = []
    for region in regions:
        candidates = random.permutation([n for n, id in enumerate(ids) if region in id and n not in found])
        worst = np.abs(z[:, candidates].T @ z[:, found]).max(axis=1, initial=0.0) / len(z)
        found.append(int(candidates[np.argmax(worst < max(0.15, float(worst.min()) * (1 + 1e-9)))]))
    return found


def recall(chosen: Sequence[str], cohort: PlantedCohort, alike: float = 1.0) -> float:
    """The part of the planted features that were found; below 1 of `alike` also by one that correlates so much."""
    table = cohort.table
    places = [table.features.index(id) for id in chosen]
    if not places:
        return 0.0
    found = 0
    for id in cohort.planted:
        own = table.values[:, table.features.index(id)]
        r = [abs(np.corrcoef(own, table.values[:, n])[0, 1]) for n in places]
        found += bool(id in chosen or (alike < 1 and max(r) >= alike))
    return found / len(cohort.planted)
