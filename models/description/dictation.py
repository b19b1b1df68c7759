"""The block as plain text, to paste into a dictation: sentences first, the thresholds that they rest on last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tilscope.models.description.place import CENTRAL
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_findings import scope_in_words
from tilscope.models.readable_numbers import fixed, shown
from tilscope.models.result import (
    BreastDescription,
    LesionDescription,
    LesionResult,
    Measurement,
    Missing,
    SeriesResult,
    StudyResult,
    Term,
)

NOTICE = "Research use only. Computed by TILscope; to be checked against the images."

_Terms = Mapping[str, Term]
_Numbers = Mapping[str, Measurement]
_FORM = ("shape", "margin", "internal_enhancement")
_KINETICS = (
    ("initial phase", "initial_phase"),
    ("delayed phase", "delayed_phase"),
    ("worst curve of a cluster", "worst_curve"),
)
_DISTANCES = (("nipple", "nipple_distance"), ("skin", "skin_distance"), ("chest wall", "chest_wall_distance"))


def dictation(result: StudyResult) -> str:
    """The text of a whole study; '' where nothing is described, as in results before 1.5."""
    parts = [text for text in map(series_dictation, result.dynamic_series) if text]
    refused = [
        f"{Laterality(one.laterality).breasts.capitalize()}: not assessed. {one.reason}"
        for one in result.refused_series
    ]
    return "\n\n".join([*parts, *refused, NOTICE]) + "\n" if parts else ""


def series_dictation(series: SeriesResult) -> str:
    """The text of one dynamic series, without the notice."""
    if series.description is None:
        return ""
    scope = scope_in_words(series)
    return "\n".join(
        [
            f"MR breast, {Laterality(series.laterality).breasts}, dynamic series",
            *(line for part in told_parts(series) for line in part),
            *(["", scope] if scope else []),
            "",
            "The words rest on:",
            *(f"- {rule}" for rule in rules_in_words(series)),
        ]
    )


def told_parts(series: SeriesResult) -> Iterator[list[str]]:
    """What is said of each breast, and after it of each of its lesions, as lines; a breast begins with an empty one."""
    described = series.description
    by_number = {one.number: one for one in described.lesions} if described else {}
    for breast in described.breasts if described else ():
        yield ["", *_breast(breast)]
        for lesion in series.lesions:
            if lesion.laterality == breast.laterality and lesion.number in by_number:
                yield list(_lesion(lesion, by_number[lesion.number], series.finding))


def rules_in_words(series: SeriesResult) -> Iterator[str]:
    """Each word with its threshold and the number that it follows from."""
    described = series.description
    for breast in described.breasts if described else ():
        yield from (f"{Laterality(breast.laterality).breasts.capitalize()}, {_rule(term)}" for term in breast.terms)
    for lesion in described.lesions if described else ():
        yield from (f"{series.finding.label(lesion.number)}, {_rule(term)}" for term in lesion.terms)


def _breast(breast: BreastDescription) -> Iterator[str]:
    terms, numbers = _terms(breast.terms), _numbers(breast.measurements)
    yield f"{Laterality(breast.laterality).breasts.capitalize()}:"
    yield f"Fibroglandular tissue: {terms['fgt'].words}. Background parenchymal enhancement: {terms['bpe'].words}."
    extent = f", extent of all {shown(numbers['extent'])}" if "extent" in numbers else ""
    yield f"Lesions: {terms['focality'].words}{extent}."


def _lesion(lesion: LesionResult, described: LesionDescription, finding: Finding) -> Iterator[str]:
    terms, numbers = _terms(described.terms), _numbers(described.measurements)
    kind = terms["lesion_type"]
    words = [kind.words, *(_form(terms[id]) for id in _FORM if terms[id].value)]
    yield f"{finding.label(lesion.number)}: {', '.join(words)}."
    yield f"  Place: {', '.join(_place(terms))}."
    yield f"  {_size(lesion, numbers)}. {_distances(numbers)}."
    yield f"  Kinetics: {', '.join(f'{name} {terms[id].words}' for name, id in _KINETICS)}."
    open_terms = [terms[id].name.lower() for id in _FORM if terms[id].value is None]
    if open_terms and kind.value == "mass":
        yield f"  Not assessed: {', '.join(open_terms)}."


def _form(term: Term) -> str:
    """'oval shape', and 'rim enhancement' as it is."""
    return term.words if term.words.endswith("enhancement") else f"{term.words} {term.name.lower()}"


def _place(terms: _Terms) -> Iterator[str]:
    """The centre has no hour: that is no gap in the assessment."""
    is_central = terms["quadrant"].value == CENTRAL
    for id, name in (("quadrant", "quadrant"), ("clock_face", "hour"), ("depth", "depth")):
        if not (is_central and id == "clock_face"):
            yield terms[id].value or f"{name} not assessed"


def _size(lesion: LesionResult, numbers: _Numbers) -> str:
    lengths = [numbers[f"axis_{n}"].value for n in (1, 2, 3)]
    axes = " x ".join("?" if length is None else fixed(length, 0) for length in lengths)
    volume = next((shown(one) for one in lesion.measurements if one.id == "volume"), "not measured")
    return f"Size {axes} mm, volume {volume}"


def _distances(numbers: _Numbers) -> str:
    told = (f"{name} {_distance(numbers[id])}" for name, id in _DISTANCES)
    return f"Distance from {', '.join(told)}"


def _distance(one: Measurement) -> str:
    return shown(one) if one.value is not None else f"not assessed ({one.reason})"


def _rule(term: Term) -> str:
    return f"{term.name.lower()} ({term.words}): {term.rule}"


def _terms(terms: Iterable[Term]) -> _Terms:
    # What a result of another version does not describe is not assessed.
    return defaultdict(lambda: Term("", "", None, ""), {term.id: term for term in terms})


def _numbers(measurements: Iterable[Measurement]) -> _Numbers:
    missing = Measurement("", "", None, "1", Missing.NOT_ATTEMPTED, "not measured")
    return defaultdict(lambda: missing, {one.id: one for one in measurements})
