"""All dates of one patient put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tilscope.models.followup.changes import changes, refused_changes
from tilscope.models.followup.exam import BreastState, Exam, ExamLesion
from tilscope.models.followup.follow_up import Fate, FollowedLesion, FollowUp, Unmatched, Visit
from tilscope.models.followup.matching import match
from tilscope.models.followup.places import Placed, placed
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import BadInput

_SIDES = ("R", "L")


def follow(exams: Sequence[Exam], one_patient: bool = False) -> FollowUp:
    """One patient's lesions through her examinations.

    Lesions are looked for in their own breast only, by their place in it; the changes of each are those of its own numbers.

    Parameters
    ----------
    exams : sequence of Exam
        In any order; of one patient.
    one_patient : bool
        Whether somebody has said that exams with different patient IDs are of one patient.

    Returns
    -------
    FollowUp
        The exams in the order of time.

    Raises
    ------
    BadInput
        `different-patients`: the exams carry different patient IDs and nobody has said that they are of one patient.
        `exam-twice`: one study is given twice.
    """
    ids = sorted({exam.patient_id for exam in exams})
    if len(ids) > 1 and not one_patient:
        raise BadInput("different-patients", ids=", ".join(one or "(none)" for one in ids))
    ordered = tuple(sorted(exams, key=lambda exam: (exam.date, exam.study_uid)))
    for exam in ordered:
        if sum(other.study_uid == exam.study_uid for other in ordered) > 1:
            raise BadInput("exam-twice", study=exam.study_uid)
    tracks: list[_Track] = []
    unmatched: list[Unmatched] = []
    for number, exam in enumerate(ordered):
        for side in _SIDES:
            _one_date(ordered[: number + 1], side, tracks, unmatched)
        for track in tracks:
            track.wait_until(number, exam)
    return FollowUp(ordered, tuple(track.followed() for track in tracks), tuple(unmatched))


@dataclass(eq=False)
class _Track:
    """One lesion, as it is followed from date to date."""

    number: int
    first: ExamLesion
    visits: list[Visit]
    seen_in: list[tuple[Exam, Placed]] = field(default_factory=list)
    """Each date at which it was one region."""

    @property
    def last(self) -> Placed:
        return self.seen_in[-1][1]

    def add(self, exam: Exam, region: Placed, fate: Fate, reason: str = "") -> None:
        """It is one region at this date."""
        visit = Visit(exam.study_uid, exam.date, fate, reason, (region.lesion,))
        if self.seen_in:
            (first, was), (before, last) = self.seen_in[0], self.seen_in[-1]
            visit = replace(
                visit,
                distance_mm=round(last.from_mm(region), 1),
                since_first=changes(was.lesion, first, region.lesion, exam),
                since_last=changes(last.lesion, before, region.lesion, exam),
            )
        self.visits.append(visit)
        self.seen_in.append((exam, region))

    def add_without(self, exam: Exam, fate: Fate, reason: str, parts: tuple[ExamLesion, ...] = ()) -> None:
        """It is no single region at this date, so that nothing of it can be compared."""
        since_first = refused_changes(self.seen_in[0][1].lesion, parts, reason)
        since_last = refused_changes(self.last.lesion, parts, reason)
        self.visits.append(Visit(exam.study_uid, exam.date, fate, reason, parts, None, since_first, since_last))

    def wait_until(self, number: int, exam: Exam) -> None:
        """Of a breast that this date does not show."""
        if len(self.visits) == number:
            self.add_without(exam, Fate.NOT_SEEN, f"The {_breast(self.first.side)} was not imaged.")

    def followed(self) -> FollowedLesion:
        return FollowedLesion(self.number, self.first.tracking_uid, self.first.side, tuple(self.visits))


def _one_date(exams: Sequence[Exam], side: str, tracks: list[_Track], unmatched: list[Unmatched]) -> None:
    """One breast at the last of these dates."""
    exam = exams[-1]
    breast = exam.breast(side)
    if breast is None:
        return
    own = [track for track in tracks if track.first.side == side]
    if not breast.state.is_searched:
        for track in own:
            track.add_without(exam, Fate.NOT_SEEN, _not_measured(breast.state, breast.reason))
        return
    volumes = (one.volume_cc for earlier in exams for one in earlier.breasts if one.side == side)
    scale_by = next((volume for volume in volumes if volume), None)
    seen: list[Placed] = []
    for lesion in exam.lesions_of(side):
        where = placed(lesion, exam, scale_by)
        if where is None:
            reason = "Its place in the breast is not known: no nipple was found, or its result is one before 1.6."
            unmatched.append(Unmatched(exam.study_uid, lesion, (), reason))
        else:
            seen.append(where)
    is_placed = len(seen) == len(exam.lesions_of(side))
    _assign(exams, own, seen, breast.state, is_placed, unmatched)
    _begin(exams, side, tracks, seen)


def _assign(
    exams: Sequence[Exam],
    own: Sequence[_Track],
    seen: list[Placed],
    state: BreastState,
    is_placed: bool,
    unmatched: list[Unmatched],
) -> None:
    """What becomes of the lesions that are known. Whatever is told of them leaves `seen`."""
    exam = exams[-1]
    found = match([track.last for track in own], seen)
    for row, track in enumerate(own):
        if row in found.pairs:
            track.add(exam, seen[found.pairs[row]], Fate.MATCHED)
        elif row in found.pieces:
            pieces = tuple(seen[column].lesion for column in found.pieces[row])
            together = (
                f"{len(pieces)} regions lie where it was: their sum is not its size, and no number of it is compared."
            )
            track.add_without(exam, Fate.SPLIT, together, pieces)
        elif row in found.doubts:
            numbers = first_few([f"lesion {seen[one].lesion.number}" for one in sorted(found.doubts[row])])
            may_be = f"It may be {numbers} of that date or none, and its place does not decide it."
            track.add_without(exam, Fate.CANNOT_BE_MATCHED, may_be)
        elif not is_placed:
            track.add_without(exam, Fate.CANNOT_BE_MATCHED, "The place of a lesion of that date is not known.")
        else:
            track.add_without(exam, Fate.VANISHED, _vanished(state))
    for column, rows in found.doubtful_seen.items():
        which = first_few([f"lesion {own[row].number}" for row in sorted(rows)])
        reason = f"It may be {which}, a piece of it, or new, and its place does not decide it."
        candidates = tuple(own[row].number for row in sorted(rows))
        unmatched.append(Unmatched(exam.study_uid, seen[column].lesion, candidates, reason))
    seen[:] = [one for column, one in enumerate(seen) if not found.is_told(column)]


def _begin(
    exams: Sequence[Exam],
    side: str,
    tracks: list[_Track],
    seen: Sequence[Placed],
) -> None:
    """Lesions that are seen for the first time."""
    exam = exams[-1]
    earlier = [one.breast(side) for one in exams[:-1]]
    is_later = any(breast is not None and breast.state.is_searched for breast in earlier)
    for one in seen:
        before = [Visit(past.study_uid, past.date, Fate.NOT_YET, "") for past in exams[:-1]]
        track = _Track(len(tracks) + 1, one.lesion, before)
        track.add(exam, one, Fate.NEW if is_later else Fate.FOUND)
        tracks.append(track)


def _vanished(state: BreastState) -> str:
    found = "Nothing is found where it was"
    if state is BreastState.EMPTY:
        found = "Nothing in the whole breast passed for a lesion"
    return f"{found}: whether it is gone a reader must say."


def _not_measured(state: BreastState, reason: str) -> str:
    return f"That date's images of the breast are {_IN_WORDS[state]}{': ' + reason if reason else '.'}"


_IN_WORDS = {
    BreastState.NEEDS_READER: "not decided",
    BreastState.DIFFUSE: "of a diffuse enhancement, which has no border to compare",
    BreastState.REFUSED: "refused",
}


def _breast(side: str) -> str:
    return "left breast" if side == "L" else "right breast"
