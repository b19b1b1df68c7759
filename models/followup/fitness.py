"""Whether a number of one date may be compared with that of another: what each quality gate spoils."""

from __future__ import annotations

from types import MappingProxyType

from tilscope.models.followup.exam import Exam
from tilscope.models.result import Verdict

FTV, LONGEST, VOLUME, SER = "ftv", "longest_diameter", "volume", "ser_mean"
#: A signature's score, whatever its id.
SCORE = "score"
_SIZES = frozenset({VOLUME, LONGEST})
_KINETICS = frozenset({FTV, SER, SCORE})
_ALL = _SIZES | _KINETICS

#: What a gate's warning spoils, by its code. The published worth of functional volume's change rests on the segmentation at
#: every visit: what makes an outline doubtful spoils all.
SPOILS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        "lesion-at-edge": _ALL,
        "lesion-confidence": _ALL,
        "lesion-at-chest-wall": _ALL,
        "lesion-deformation": _ALL,
        "deformation": _ALL,
        "motion": _ALL,
        "signal-to-noise": _KINETICS,
        "enhancement": _KINETICS,
        "early-phase-time": _KINETICS,
        "late-phase-time": frozenset({SER, SCORE}),
    }
)


def spoilt(exam: Exam, side: str, id: str) -> str:
    """Why a number of one breast is not to be compared, as a sentence; '' where it is.

    Parameters
    ----------
    exam : Exam
        One date.
    side : str
        L or R.
    id : str
        A measurement's id, or `SCORE`.
    """
    breast = exam.breast(side)
    gates = breast.quality if breast else ()
    warned = (one for one in gates if one.verdict is Verdict.WARN and one.checkable)
    found = next((one.sentence for one in warned if id in SPOILS.get(one.code, ())), "")
    return f"At {exam.date}: {found[0].lower()}{found[1:]}" if found else ""


def unlike(before: Exam, after: Exam) -> str:
    """Why two exams were measured differently, as a sentence; '' where they were not."""
    if before.segmenter != after.segmenter:
        return f"The lesions were outlined by {before.segmenter or 'something unnamed'} and by {after.segmenter or 'something unnamed'}."
    if before.settings_hash != after.settings_hash:
        return "The two dates were measured under different settings: score one of them again."
    return ""
