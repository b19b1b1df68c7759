"""Which paper's way of training belongs to which signature, and the folder that comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.models.short_hash import hash_of_facts
from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.service.research.training.linear_folder import write_trained_linear
from tilscope.service.research.training.linear_training import LinearPlan
from tilscope.service.research.training.model_folder import write_trained
from tilscope.service.research.training.train_fan import FanPlan, train_fan
from tilscope.service.research.training.train_forest import Plan, train
from tilscope.service.research.training.train_qian import train_qian
from tilscope.service.research.training.train_su import train_su
from tilscope.service.research.training.train_wu import train_wu
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.research.training.units import Workplace
from tilscope.service.site.model_manifest import AnyManifest

_LINEAR = {WU_2018.id: train_wu, SU_2022.id: train_su, QIAN_2024.id: train_qian}


@dataclass(frozen=True)
class Naming:
    """How a model is called, and what only the one who trains it knows of it."""

    name: str
    version: str = "1"
    about: str = ""
    demo: bool = False


@dataclass(frozen=True)
class TrainingPlans:
    """Of the three ways to train; of a signature one counts."""

    linear: LinearPlan = field(default_factory=LinearPlan)
    forest: Plan = field(default_factory=lambda: Plan(takes=0))
    fan: FanPlan = field(default_factory=FanPlan)

    def digest(self, signature: Signature, table: TrainingTable) -> str:
        """Of what finished pieces of a training depend on."""
        used = self.linear if signature.id in _LINEAR else self.fan if self.searches(signature) else self.forest
        facts = [signature.id, repr(used), *table.features, *table.patients.tolist()]
        numbers = [table.values.tobytes().hex(), table.labels.tobytes().hex()]
        known = [f"{name} {values.tobytes().hex()}" for name, values in sorted(table.covariates.items())]
        return hash_of_facts([*facts, *numbers, *known], 16)

    def searches(self, signature: Signature) -> bool:
        """Whether a genetic algorithm chooses: Fan's way, unless a number of features is asked for."""
        return signature.id == FAN_2023.id and self.forest.takes == 0


def train_and_write(
    folder: Path,
    signature: Signature,
    settings: PipelineSettings,
    table: TrainingTable,
    plans: TrainingPlans,
    place: Workplace,
    naming: Naming,
) -> AnyManifest:
    """Train as the paper of the signature did, and write model, card and held-out predictions into the folder."""
    if place.parts is not None:
        place = replace(place, parts=place.parts / plans.digest(signature, table))
    named = (naming.name, naming.version, naming.about, naming.demo)
    if (recipe := _LINEAR.get(signature.id)) is not None:
        of_sum = recipe(table, plans.linear, place)
        return write_trained_linear(folder, signature, settings, table, of_sum, plans.linear, *named)
    if not isinstance(signature, ForestSignature):
        raise BadInput("no-recipe", signature=signature.id)
    if plans.searches(signature):
        trained = train_fan(table, plans.fan, place)
    else:
        trained = train(table, signature, plans.forest, place)
    return write_trained(folder, signature, settings, table, trained, *named)
