"""TILscope reads the tumour's immune microenvironment from breast DCE-MRI. Research use only.

`inspect` lists what a study holds, `score` scores it, `follow` follows a patient's lesions over time, `features` measures a
cohort, `train` and `evaluate` make models of it and test them; `phantom` makes studies to try them on.

>>> import tempfile, tilscope
>>> folder = tempfile.mkdtemp()
>>> study = tilscope.phantom.make_study(tilscope.phantom.PhantomSpec.small())
>>> files = tilscope.phantom.write_study(study, folder)
>>> [phase.role for phase in tilscope.inspect(folder).phases]
['pre', 'early', '', 'late']

Each name is imported when it is first used: `import tilscope` by itself imports nothing but the standard library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilscope import phantom as phantom
    from tilscope.archives import open_archive as open_archive
    from tilscope.evaluation import evaluate as evaluate
    from tilscope.feature_tables import features as features
    from tilscope.following import follow as follow
    from tilscope.inspection import DynamicSeries as DynamicSeries
    from tilscope.inspection import Inspection as Inspection
    from tilscope.inspection import inspect as inspect
    from tilscope.models.refusals import BadInput as BadInput
    from tilscope.models.refusals import Refused as Refused
    from tilscope.models.settings import PipelineSettings as PipelineSettings
    from tilscope.results import Result as Result
    from tilscope.scoring import score as score
    from tilscope.service.research.evaluation.plan import EvaluationPlan as EvaluationPlan
    from tilscope.service.research.training.recipes import TrainingPlans as TrainingPlans
    from tilscope.training import TrainedModel as TrainedModel
    from tilscope.training import train as train

    __version__: str

#: The modules of the public names.
_PLACES = {
    "inspect": "tilscope.inspection",
    "Inspection": "tilscope.inspection",
    "DynamicSeries": "tilscope.inspection",
    "score": "tilscope.scoring",
    "Result": "tilscope.results",
    "features": "tilscope.feature_tables",
    "train": "tilscope.training",
    "TrainedModel": "tilscope.training",
    "TrainingPlans": "tilscope.service.research.training.recipes",
    "evaluate": "tilscope.evaluation",
    "EvaluationPlan": "tilscope.service.research.evaluation.plan",
    "follow": "tilscope.following",
    "open_archive": "tilscope.archives",
    "PipelineSettings": "tilscope.models.settings",
    "Refused": "tilscope.models.refusals",
    "BadInput": "tilscope.models.refusals",
}

__all__ = [
    "BadInput",
    "DynamicSeries",
    "EvaluationPlan",
    "Inspection",
    "PipelineSettings",
    "Refused",
    "Result",
    "TrainedModel",
    "TrainingPlans",
    "__version__",
    "evaluate",
    "features",
    "follow",
    "inspect",
    "open_archive",
    "phantom",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    """PEP 562: asked only for what is not here yet."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("tilscope")
    elif name == "phantom":
        value = import_module("tilscope.phantom")
    elif name in _PLACES:
        value = getattr(import_module(_PLACES[name]), name)
    else:
        raise AttributeError(f"module 'tilscope' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
