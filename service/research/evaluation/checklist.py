"""The guidelines' lists, filled in with what the run knows; what it cannot know is left to the authors and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from tilscope.models import PIPELINE_VERSION
from tilscope.service.research.evaluation.checklist_items import ITEMS
from tilscope.service.research.evaluation.cohort import EvaluatedCohort
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import ChecklistRow, Section, figure


def checklist(cohort: EvaluatedCohort, plan: EvaluationPlan, sections: Sequence[Section]) -> tuple[ChecklistRow, ...]:
    known = {**_of_studies(cohort, plan), **_of_images(cohort), **_of_results(cohort, plan, sections)}
    return tuple(ChecklistRow(guideline, item, asks, known.get(fact, "")) for guideline, item, asks, fact in ITEMS)


def left_out_in_words(left_out: Mapping[str, int]) -> str:
    return "; ".join(f"{count} {why}" for why, count in left_out.items()) or "none"


def outcome_in_words(cohort: EvaluatedCohort, plan: EvaluationPlan) -> str:
    said = []
    if cohort.labels is not None:
        said.append(f"classes {', '.join(cohort.labels.classes)} of the column {plan.label}")
    if cohort.follow_up is not None:
        horizon = "" if plan.censor_at is None else f", censored at {plan.censor_at:g} {plan.time_unit}"
        said.append(f"time to {plan.event} in the column {plan.time} ({plan.time_unit}{horizon})")
    return "; ".join(said)


def _of_studies(cohort: EvaluatedCohort, plan: EvaluationPlan) -> dict[str, str]:
    counts = ""
    if cohort.labels is not None:
        counts = ", ".join(
            f"{int((cohort.labels.of == n).sum())} {name}" for n, name in enumerate(cohort.labels.classes)
        )
    several = len(cohort) - cohort.patients_counted
    flow = (
        f"{len(cohort)} studies of {cohort.patients_counted} patients; left out: {left_out_in_words(cohort.left_out)}."
    )
    return {
        "tables": f"{cohort.scored.path.name} and {cohort.outcomes.path.name}; where their patients come from is not known from the run.",
        "flow": flow,
        "missing": f"Studies that lack a value are left out of what needs it, and counted; nothing is imputed. {flow}",
        "outcome": outcome_in_words(cohort, plan),
        "imbalance": f"{counts}; nothing is resampled or weighted." if counts else "",
        "clusters": f"{several} studies are further ones of a patient; the bootstrap draws patients with all their studies, DeLong's interval takes studies for independent."
        if several
        else "One study a patient.",
        "covariates": f"Columns {', '.join(plan.covariates)} of the tables, numbers by one SD and words as classes." if plan.covariates else "",
        "use": "All studies are used to evaluate, none to train or choose anything but Youden's cut-off, which is marked as such. That none of them trained the model is not known from the run.",
        "updating": "The model was applied as it is; nothing was updated.",
    }  # fmt: skip


def _of_images(cohort: EvaluatedCohort) -> dict[str, str]:
    told = cohort.scored.provenance
    of_models = {model.signature for model in cohort.models}
    sets = "; ".join(f"{name}: {one.get('parameters', '')} Settings {one.get('settings_hash', '')}." for name, one in cohort.scored.of_signatures.items() if name in of_models)  # fmt: skip
    libraries = ", ".join(f"{name} {version}" for name, version in told.get("libraries", {}).items())
    taken = cohort.models[0].features
    return {
        "features": sets,
        "preparation": f"TILscope {told['pipeline_version']}, settings {told.get('settings_hash', '')}." if "pipeline_version" in told else "",
        "extractor": f"{told['extractor']} ({libraries})." if "extractor" in told else "",
        "feature_count": f"The model takes {len(taken)} features; {len(cohort)} studies are evaluated." if taken else "",
        "scanners": _counted(cohort, "scanner"),
        "segmentation": ". ".join(filter(None, [_counted(cohort, "lesion_source"), _counted(cohort, "segmenter")])),
        "readers": _counted(cohort, "drawn_by"),
    }  # fmt: skip


def _counted(cohort: EvaluatedCohort, column: str) -> str:
    """'' where no table has the column, or nothing in it."""
    if column not in cohort.scored.columns:
        return ""
    texts = [str(text) for text in np.array(cohort.scored.texts(column))[cohort.scored_rows] if text]
    counts = ", ".join(f"{count} {value}" for value, count in Counter(texts).most_common(8))
    return f"{column.replace('_', ' ')}: {counts}" if counts else ""


def _of_results(cohort: EvaluatedCohort, plan: EvaluationPlan, sections: Sequence[Section]) -> dict[str, str]:
    titles = {section.key: section.title for section in sections}
    models = "; ".join(f"{one.name}: {one.origin}" for one in cohort.models)
    cut_offs = [f"{figure(value)} (given)" for value in plan.cut_offs]
    cut_offs += [f"{figure(value)} ({one.name}'s own)" for one in cohort.models for value in one.cut_offs]
    several = len(cohort.models) > 1 and cohort.labels is not None

    def where(key: str) -> str:
        return f"Section {titles[key]}." if key in titles else ""

    return {
        "models": f"{models}. How each was made, its card or its paper tells.",
        "measures": f"Sections {', '.join(titles.values())}.",
        "performance": " ".join(sentence for section in sections if section.key == "discrimination" for sentence in section.sentences[1:])
        or where("classes")
        or where("survival"),
        "uncertainty": f"95 % intervals of every estimate: DeLong, Wilson, Wald, Fisher, and {plan.draws} draws of patients, seed {plan.seed}.",
        "comparison": f"DeLong's paired test between {', '.join(one.name for one in cohort.models)}." if several else "",
        "added": "Likelihood-ratio test beside the covariates, and C with and without the score." if plan.covariates and cohort.follow_up is not None else "",
        "subgroups": f"By {', '.join(plan.subgroups)}: section {titles['subgroups']}." if "subgroups" in titles else "",
        "thresholds": f"Fixed beforehand: {', '.join(cut_offs)}." if cut_offs else "Youden's only, chosen on these very studies." if cohort.labels is not None else "",
        "calibration": where("calibration"),
        "correlations": where("correlations"),
        "guidelines": "This list is filled in as far as the run knows; the rest is the authors'.",
        "software": f"TILscope {PIPELINE_VERSION}, Apache-2.0, research use only.",
    }  # fmt: skip
