"""The three kinds of outcome that are not a result, and the sentence of every reason.

* `Refused`: the study was understood, and a rule refuses it. Never retried; shown on the page and by every interface.
* `BadInput`: what was given cannot be a study at all (no such folder, not DICOM, a broken file). Never retried.
* any other exception is a fault, ours or the machine's. Retried, then reported as failed.

A reason is a row of `REASONS`: a code that programs can match and a sentence that a person can act on.
"""

from __future__ import annotations

from collections.abc import Iterable
from string import Formatter

REASONS: dict[str, str] = {
    # dicom_io: what was given
    "no-such-folder": "The folder {path} does not exist.",
    "not-a-folder": "{path} is not a folder.",
    "folder-not-empty": "{path} already holds files; a study written into it would be mixed with them. Give a new folder.",
    "nothing-found": "No DICOM file was found in {place}.",
    "unreadable-file": "{name} cannot be read as DICOM: {problem}.",
    "truncated-pixels": "{name} is truncated: {found} bytes of pixel data instead of {expected}.",
    "undecodable-pixels": "The pixels of instance {name} cannot be decoded ({syntax}): {problem}. It may have been cut on its way: delete it in the archive and send it again, and the study is looked at again.",
    "unusable-volume": "The volume {path} cannot be used: {problem}.",
    "volumes-unordered": '{place} holds volumes whose names do not tell which is which phase ({names}). Name them CASE_0000, CASE_0001, ... in order of time, or list them as "phases" in {file} beside them.',
    "no-volumes": "{place} holds no volumes that {about} could be about; DICOM files tell of themselves.",
    "unusable-facts": "What {path} tells of the volumes cannot be used: {problem}.",
    "times-untold": 'Volumes do not say when they were acquired, and nothing else tells it of {case}. Give a time for each of its {count} phases, as in {{"times_s": [-60, 90, 270, 450]}} (middle of each, seconds after the injection), in {file} beside the volumes, or in a file that --about names.',
    "box-outside": "The annotation box, up to {box}, does not fit into the images, {images}: it is of another series.",
    "no-annotation-box": "{path} has no box of patient {patient}.",
    "times-differ": "{case} has {phases} phases, and {times} times are given for them.",
    "several-studies": "{place} holds {count} studies; name one with --study, or score them all with tilscope cohort: {studies}.",
    "no-study-in-folder": "Study {study} is not in {place}, which holds {there}.",
    "different-patients": "The examinations are of different patients by their patient IDs: {ids}. Say that they are one patient with --one-patient if you know it.",
    "exam-twice": "Study {study} is given twice: two dates of a patient are two studies.",
    "no-study-date": "Nothing tells the date of study {study}: no DICOM object of it with a Study Date lies in the folder.",
    "unusable-result": "The result {path} cannot be used: {problem}.",
    "study-twice": "Study {study} was found twice: in {first} and in {second}.",
    "no-such-study": "Study {study} is not in the archive.",
    "sender-unknown": "{place} does not tell who sent a study; only an Orthanc, asked by its own API (orthanc+http://...), does.",
    # dicom_io: no dynamic series
    "not-mr": "This is no MR study: it holds {modalities} only.",
    "no-mr-image": "The study holds no MR image.",
    "no-dynamic-series": "No dynamic contrast series was found: {why}.",
    "not-a-breast-dynamic": "{series} is dynamic but cannot show a breast with contrast: {why}.",
    "breasts-differ": "The right breast has {right} phases and the left one {left} in {series}: images are missing.",
    "too-few-phases": "{found} phases were found in {series}; a dynamic series needs {needed}: before contrast, early and late.",
    "phases-missing": "{found} of {promised} phases that the images of {series} promise have arrived.",
    "positions-differ": "The phases of {series} do not cover the same slices: phase {phase} lacks {missing} of {expected} positions ({where}).",
    "duplicate-position": "{series} has two slices at the same position in phase {phase} ({where}).",
    "irregular-spacing": "The slices of {series} are not evenly spaced: {smallest:.2f} to {largest:.2f} mm; a slice may be missing {where}.",
    "no-frame-of-reference": "{series} names no frame of reference; a segmentation of it could not be placed in the patient.",
    "two-slabs": "The slices of {series} form two slabs, {gap:.0f} mm apart, which are not the two breasts of a sagittal pair; a part of the series may be missing.",
    "slice-shifted": "A slice of phase {phase} in {series} lies {shift:.1f} mm beside the others ({where}).",
    "scaling-differs": "The phases of {series} were stored with different intensity scaling and no way to undo it: {detail}.",
    "timing-unusable": "The phases of {series} carry no usable acquisition times: {detail}.",
    "ambiguous-dynamic-series": "Several series could be the dynamic one and nothing decides between them: {candidates}.",
    "empty-box": "The box {box} holds no voxel of the images, which reach {reach} (patient LPS, mm).",
    "unusable-rules": "The site's rules in {path} cannot be used: {problem}.",
    "unusable-segmenter": "The segmenter in {path} cannot be used: {problem}.",
    "unusable-reference": "The reference {path} cannot be used: {problem}.",
    # service: calibration and models that a site installs
    "unknown-signature": "There is no signature {name!r}; known are {known}.",
    "unusable-signature": "The signature {signature} of the package {package} ({value}) cannot be used: {problem}. Mend or uninstall that package: no study is scored without a signature that is installed.",
    "cohort-too-small": "{found} studies can calibrate {signature}, at least {needed} are needed. Left out: {left_out}.",
    "cohort-all-alike": "The cohort cannot calibrate {signature}: {features} is the same in all of its studies.",
    "unusable-table": "The table {path} cannot be used: {problem}.",
    "no-patient-in-common": "No patient of the table {path} ({patients}) is among those whose expression is known ({others}): the names differ. A table of samples and patients, or a prefix, can match them.",
    "no-gene-in-common": "No gene of {path} ({genes}) is in the expression matrix ({others}): symbols and Ensembl ids cannot be matched.",
    "no-classes": "{table} cannot be divided into classes: {problem}.",
    "no-ledger": "There is no ledger in {folder}: no service has worked there.",
    "backup-inside": "The backup would lie within {folder}, and in the next backup; give a file elsewhere.",
    "unusable-backup": "The backup cannot be used: {problem}. Nothing was changed.",
    "cannot-exchange": "{folder} is where a disk is mounted and cannot be exchanged as a whole; name a folder within it.",
    "unusable-model": "The model in {path} cannot be used: {problem}.",
    "model-altered": "The model in {path} is not the file that its manifest names (SHA-256 {found}).",
    "model-version": "The model in {path} was written with {library} {made}; {here} is installed here. Train or export it again.",
    "model-settings": "The model in {path} was trained on features under settings {made}; this installation computes under {here}.",
    "model-untrusted": "The model in {path} holds {types}, which no forest needs; it is not loaded.",
    "model-may-be-chance": "The model {name} may do no better than chance on studies that it has not seen: {tested} holds {chance:g}. It is not installed; --yes installs it all the same.",
    "no-scheduler": "No Dask scheduler answers at {address}: {problem}.",
    "no-recipe": "How the paper of {signature} trained its model is not known here; models can be trained for wu2018, su2022, qian2024, fan2023 and han2024.",
    "training-too-few": "{found} {units} can train {signature}, at least {needed} are needed. Left out: {left_out}.",
    "training-nothing-chosen": "Of the features of {signature} {how} chooses none for {score}: they do not tell these labels, and there is no model.",
    "training-one-class": "Of {found} {units} {of_class} are {name}, at least {needed} of each class are needed to train {signature}. Left out: {left_out}.",
    # service: repeatability
    "one-outline": "The study holds outlines of {found}; {needed} are needed.",
    "nothing-left": "Nothing is left of the lesion with {change}.",
    "unknown-change": "There is no change {name!r}; known are {known}.",
    "repeat-too-few": "{found} lesions were measured by all of {readers}; at least {needed} are needed. Left out: {left_out}.",
    "repeat-same": "{first} and {second} hold the same number for every lesion and feature: they are one reading, and not two.",
    "unusable-plot": "The plot {path} cannot be drawn: its name must end with {suffixes}.",
    "repeat-nothing-common": "{first} and {second} have no feature in common.",
    # service: evaluation on a cohort
    "no-such-model": "There is no model {name!r}: it is neither the folder of a model, nor a signature ({known}), nor a column of {table}.",
    "no-score-in-cohort": "{model} gives no score for any row of {table}: {reason}",
    "all-scores-alike": "{model} gives the same score for all {studies} studies; nothing can be evaluated.",
    "outcomes-of-others": "No study of {cohort} is in {outcomes}: its {column} are such as {theirs}, the cohort's such as {ours}.",
    "outcome-of-another": "Study {study} is of patient {ours} in {cohort} and of patient {theirs} in {outcomes}: the outcomes are of other patients.",
    "evaluation-class-empty": "Of {found} studies with a {label} in {outcomes}, none that has a score is {name}: with one class nothing can be told apart.",
    "censoring-exchanged": "The column {event} of {outcomes} looks the wrong way round: {why}. If it is right, name what an event is by --event-value.",
    "demo-only": "{path} was made of synthetic studies for demonstrations and means nothing clinically; it is used in demo mode only.",
    # manual ROIs and steering
    "unusable-mask": "The mask {path} cannot be used: {problem}.",
    "outline-other-frame": "The lesion drawn in {outline} lies in another frame of reference than {series}; it cannot be placed on its images.",
    "outline-outside": "Of the lesion drawn in {outline}, {outside:.0f} % lies outside the images of {series}.",
    "outline-unplaced": "It cannot be told where the lesion drawn in {outline} lies: {problem}.",
    "outline-empty": "{outline} holds no lesion that can be measured: {lesion!r} is empty or fills no voxel of the images by half.",
    "needs-a-reader": "{count} places in the breast may be a lesion and none is surely one; a person must decide. Give a seed, a box or a drawn outline.",
    "implausible-lesion": "What enhances {where} holds {found:.2f} cm3, a small part of the {rule:.2f} cm3 that pass the trial's rule there (patient LPS, mm): it cannot be the lesion that was meant. Draw the lesion instead.",
    "every-lesion-rejected": "A reader has rejected all that was found here ({count}); nothing is left to be scored.",
    "no-lesion-there": "No enhancing lesion was found {where} (patient LPS, mm).",
    # models: gates
    "early-phase-missing": "No phase lies between {low:.0f} and {high:.0f} s {after}; the nearest to {target:.0f} s is at {found:.0f} s.",
    "late-phase-missing": "No late phase between {low:.0f} and {high:.0f} s {after}; the nearest to {target:.0f} s is at {found:.0f} s.",
    "no-pre-phase": "No phase was acquired before the injection.",
    "phases-unlike": "The phases of {series} cannot be compared: in phase {phase} fat is suppressed otherwise than in the others, as fat and water have changed places there, and the others hold no phase before contrast or are fewer than three.",
    "no-enhancement": "Nothing enhances after contrast: the early phase is {ratio:.2f} times as bright as the first in the body. The phase order or the injection is in doubt.",
    "too-noisy": "The images are too noisy to be measured: signal to noise in the gland is {snr:.1f}, at least {limit:g} is needed.",
    "no-breast": "No breast was recognised in the images: {detail}.",
    "neither-breast": "Neither breast could be scored. Right: {right} Left: {left}",
    "motion-too-large": "The patient moved too far: phase {phase} lies {rms:.1f} mm (root mean square in the breast) from the first one after contrast; up to {limit:g} mm can be corrected.",
    "motion-folds": "The motion of phase {phase} cannot be corrected: the deformation found would fold the breast onto itself.",
    "no-lesion": "No enhancing lesion was found in the breast: its gland takes up {median:.0f} % (median; {high:.0f} % at the 95th percentile), and nothing in it stands out.",
}

#: A person has said where a lesion is, and it cannot be used: the study waits for a better word of a reader.
OF_A_PERSONS_WORD = frozenset(
    {
        "no-lesion-there", "implausible-lesion",
        "outline-other-frame", "outline-outside", "outline-unplaced", "outline-empty",
    }
)  # fmt: skip

#: Of single instances that cannot be read: what comes next may be the same instance, whole.
MENDED_BY_SENDING_AGAIN = frozenset({"unreadable-file", "truncated-pixels", "undecodable-pixels"})


class NoResult(Exception):
    """A reason from the table, filled in. `str()` is the sentence."""

    def __init__(self, code: str, **facts: object) -> None:
        sentence = REASONS[code]
        wanted = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        if wanted != facts.keys():
            raise ValueError(f"reason {code!r} takes {sorted(wanted)}, got {sorted(facts)}")
        self.code = code
        self.facts = facts
        text = sentence.format(**facts)
        # A sentence may begin with the series that it is about; the name of a file stays as it is written.
        super().__init__(f"S{text[1:]}" if text.startswith("series ") else text)

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments do not survive exception pickling by themselves, and refusals travel between processes.
        return (_rebuild, (type(self), self.code, self.facts))


def _rebuild(kind: type[NoResult], code: str, facts: dict[str, object]) -> NoResult:
    return kind(code, **facts)


class Refused(NoResult):
    """The study was understood; a rule refuses it."""


class BadInput(NoResult):
    """What was given cannot be a study."""


class WrongSettings(ValueError):
    """The settings cannot be used; each problem is a sentence."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(self.problems))

    def __reduce__(self) -> tuple[type[WrongSettings], tuple[list[str]]]:
        return type(self), (self.problems,)
