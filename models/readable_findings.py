"""What was found, in the sentences that every output has: how many regions and where, and the size of those that count."""

from __future__ import annotations

from collections import Counter

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import fixed, shown
from tilscope.models.result import LesionResult, Measurement, SeriesResult

#: Of a mass, in this order. Of anything else its extent, and how sure it is: that decides how the rest is read.
_OF_A_MASS = ("longest_diameter", "volume", "ftv")
_EXTENT = ("longest_diameter", "volume")


def findings_in_words(result: SeriesResult) -> tuple[str, ...]:
    """How many regions and where; then the size of the one that the signatures are of, or of each candidate.

    Each sentence is below a hundred letters as a rule: OHIF does not wrap what is longer.
    """
    described = result.lesions[:1] if result.finding.is_scored else result.lesions
    sides = len({lesion.laterality for lesion in result.lesions})
    return _whole(result), *(_described(lesion, result.finding, sides > 1) for lesion in described)


def scope_in_words(result: SeriesResult) -> str:
    """Which breast a result is about, and what became of the other; '' where it is about all that was imaged."""
    other = result.other_breast
    if other is None:
        return ""
    about = f"This is about the {Laterality(result.laterality).breasts}."
    imaged = f"The {Laterality(other.laterality).breasts} was imaged too"
    return (
        f"{about} {imaged} and not scored: {other.reason}"
        if other.code
        else f"{about} {imaged} and has results of its own."
    )


def _whole(result: SeriesResult) -> str:
    counts = Counter(Laterality(lesion.laterality).breasts for lesion in result.lesions)
    if result.finding is Finding.DIFFUSE:
        breasts = " and ".join(f"the {breast}" for breast in counts)
        return f"Diffuse or non-mass enhancement in {breasts}; no mass was outlined."
    how_many = result.finding.counted(len(result.lesions))
    where = [f"{count} in the {breast}" for breast, count in counts.items()]
    whole = f"{how_many}: {', '.join(where)}" if len(counts) > 1 else f"{how_many} in the {next(iter(counts))}"
    return f"{whole}." if result.finding.is_scored else f"{whole}; a reader must decide."


def _described(lesion: LesionResult, finding: Finding, with_side: bool) -> str:
    is_mass = finding is Finding.MASS
    in_summary = [m for id in (_OF_A_MASS if is_mass else _EXTENT) for m in lesion.measurements if m.id == id]
    facts = [*map(_in_words, in_summary), f"{lesion.curve_type} curve"]
    facts += [] if is_mass else [f"confidence {fixed(lesion.confidence, 2)}"]
    side = f", {Laterality(lesion.laterality).word}" if with_side else ""
    return f"{finding.label(lesion.number)}{side}: {', '.join(facts)}."


def _in_words(measurement: Measurement) -> str:
    name = f"{measurement.name[0].lower()}{measurement.name[1:]}"
    return f"{name} {shown(measurement)}" if measurement.missing is None else f"{name}: {measurement.missing.value}"
