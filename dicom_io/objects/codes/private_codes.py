"""The project's own coding scheme: the concepts for which no standard code exists.

A signature's concepts have their rows in the signature's folder (`models.signatures`); all else has them here. A code is never renamed, reused or removed: old reports keep their meaning. The table of
both is published as `docs/private-codes.md`, written by `python -m tilscope.dicom_io.objects.codes.private_codes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code

from tilscope.models.features.feature_names import label
from tilscope.models.short_hash import short_hash
from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodingScheme
from tilscope.models.signatures.registry import built_in_plugins

SCHEME = TILSCOPE_SCHEME.designator
SCHEME_UID = TILSCOPE_SCHEME.uid

#: Code Meaning is of value representation LO (PS3.5 table 6.2-1).
_LONGEST_MEANING = 64


@dataclass(frozen=True)
class PrivateCode:
    """A row of the published table."""

    value: str
    meaning: str
    unit: str
    """UCUM, or '' for a concept that is no quantity."""
    definition: str
    source: str = ""
    """Whose definition it is."""


_TRIAL = "ACRIN 6657 / I-SPY"
_QIAN = "Qian 2024"

# fmt: off
_ROWS = (
    # Enhancement
    PrivateCode("PE", "Percent enhancement", "%", "(early - pre) / pre, over the region; see the derivation.", _TRIAL),
    PrivateCode("PE_PEAK", "Peak percent enhancement", "%", "The highest enhancement in the lesion, by the rule of the pipeline version.", _TRIAL),
    PrivateCode("SER", "Signal enhancement ratio", "{ratio}", "(early - pre) / (late - pre), over the region; see the derivation.", _TRIAL),
    PrivateCode("FTV", "Functional tumour volume", "cm3", "Volume of the voxels that enhance beyond the trial's thresholds, by the trial's rule.", _TRIAL),
    PrivateCode("FTV_SER", "Functional tumour volume above the SER threshold", "cm3", "The part of the functional tumour volume whose SER exceeds the threshold of the settings (0.9 in the trial).", _TRIAL),
    PrivateCode("BPE", "Background parenchymal enhancement", "%", "Percent enhancement of the fibroglandular tissue outside the lesions; see the derivation."),
    PrivateCode("CURVE_TYPE", "Kinetic curve type", "", "What the signal does from the early to the late phase; the value is of CID 6345."),
    # Regions
    PrivateCode("PERITUMORAL_RING", "Peritumoral ring", "", "What lies around the index lesion, up to the width in the segment's label: breast without lesions and vessels.", _QIAN),
    PrivateCode("CANDIDATE", "Candidate: a reader must decide", "", "A region that may be a lesion. No person and no program has said that it is one."),
    # The block for the report: voxels by their kinetics
    PrivateCode("INIT_SLOW", "Voxels of slow initial enhancement", "%", "Part of the lesion's voxels; the thresholds stand beside the initial phase."),
    PrivateCode("INIT_MEDIUM", "Voxels of medium initial enhancement", "%", "Part of the lesion's voxels."),
    PrivateCode("INIT_FAST", "Voxels of fast initial enhancement", "%", "Part of the lesion's voxels."),
    PrivateCode("DELAY_PERSIST", "Voxels of persistent delayed phase", "%", "Part of the lesion's voxels that enhance beyond the threshold beside the delayed phase."),
    PrivateCode("DELAY_PLATEAU", "Voxels of plateau delayed phase", "%", "Part of the lesion's voxels that enhance beyond the threshold."),
    PrivateCode("DELAY_WASHOUT", "Voxels of washout delayed phase", "%", "Part of the lesion's voxels that enhance beyond the threshold."),
    PrivateCode("EXTENT", "Extent of all lesions of the breast", "mm", "The greatest distance between any two points of their surfaces."),
    PrivateCode("BPE_SHARE", "Fibroglandular tissue that enhances", "%", "Part of the tissue's voxels that reach the threshold beside the category."),
    # The block for the report: words
    PrivateCode("LESION_TYPE", "Type of lesion on breast MR", "", "Mass, non-mass enhancement or focus (BI-RADS)."),
    PrivateCode("NON_MASS", "Non-mass enhancement", "", "Enhancement that is neither mass nor focus (BI-RADS)."),
    PrivateCode("FOCUS", "Focus of enhancement", "", "Enhancement too small to be characterised (BI-RADS); below the diameter of the settings."),
    PrivateCode("RIM", "Rim enhancement", "", "The outer part enhances more than the core (BI-RADS)."),
    PrivateCode("INITIAL_PHASE", "Initial phase of enhancement", "", "Slow, medium or fast: what most voxels of the lesion do (BI-RADS)."),
    PrivateCode("INITIAL_SLOW", "Slow initial phase", "", "Of the initial phase."),
    PrivateCode("INITIAL_MEDIUM", "Medium initial phase", "", "Of the initial phase."),
    PrivateCode("INITIAL_FAST", "Fast initial phase", "", "Of the initial phase."),
    PrivateCode("DELAYED_PHASE", "Delayed phase of most enhancing voxels", "", "The value is of CID 6345."),
    PrivateCode("WORST_CURVE", "Worst curve of a cluster of voxels", "", "Washout before plateau before persistent, of connected voxels of at least the volume of the settings; of CID 6345."),
    PrivateCode("BPE_LEVEL", "Level of background parenchymal enhancement", "", "Minimal, mild, moderate or marked (BI-RADS)."),
    PrivateCode("BPE_MINIMAL", "Minimal", "", "Of background parenchymal enhancement."),
    PrivateCode("BPE_MARKED", "Marked", "", "Of background parenchymal enhancement."),
    PrivateCode("FOCALITY", "Number and distribution of the lesions", "", "Of one breast: none, unifocal, multifocal (one quadrant) or multicentric (more)."),
    PrivateCode("NO_LESION", "No lesion found", "", "By the segmenter or a person; no statement that there is none."),
    PrivateCode("UNIFOCAL", "Unifocal", "", "One lesion."),
    PrivateCode("MULTICENTRIC", "Multicentric", "", "Lesions in more than one quadrant."),
    # The dynamic series
    PrivateCode("PHASE_ROLE", "Role of the dynamic phase", "", "What the phase served as: pre-contrast, early, late, or none."),
    PrivateCode("TIME_ZERO", "Time zero of the dynamic series", "", "What was taken as the moment of injection."),
    PrivateCode("LESION_SOURCE", "Where the lesions come from", "", "Who or what has told them: a segmenter, or a person who drew or pointed."),
    # A study that is not scored
    PrivateCode("NOT_SCORED", "Dynamic breast MR: not scored", "", "Title of the note that a study was refused."),
    PrivateCode("NOT_SCORED_WHY", "Why there is no score", "", "In words that a person can act on."),
    PrivateCode("REASON_CODE", "Code of the reason", "", "The same for programs, by the table of reasons of the pipeline version."),
    PrivateCode("PHASES_FOUND", "Phases that were found", "", "Of the dynamic series, each with its time and an image."),
    # Statements about a signature
    PrivateCode("CAL_STATE", "Calibration state of the signature", "", "Whether a value can be given here; the value is one of the three codes below."),
    PrivateCode("CALIBRATED", "Calibrated: the value and class are given", "", "The reference or the trained model that the signature needs is installed."),
    PrivateCode("UNCALIBRATED", "Not calibrated: features only, no class", "", "No reference cohort is installed for the published coefficients."),
    PrivateCode("UNCALIBRATED_VAL", "Not calibrated: value from raw features, no class", "", "No reference cohort is installed; the published model takes features as they are, so its value is given."),
    PrivateCode("NO_MODEL", "No model installed: features only", "", "The paper published no weights and no trained model is installed."),
    PrivateCode("SIG_FEATURES", "Features that a signature is made of", "", "Tells the group of a signature's features from that of what was concluded."),
    PrivateCode("PERCENTILE", "Percentile of the score in the reference cohort", "%", "The part of the reference's scores that lies below; equal ones count half."),
    PrivateCode("CONTRIBUTIONS", "Contributions to the score", "", "What each feature adds to a linear score, or to a forest's probability, in words."),
    PrivateCode("SUPPLIED", "Finding from elsewhere that was used", "", "What the site knows of the tumour (gene expression, receptor status), in words; one item each."),
    PrivateCode("REFERENCE", "Reference that was used", "", "The installed reference's name and the beginning of its SHA-256."),
    PrivateCode("CONCLUDED_FROM", "Concluded from an earlier report", "", "Which report the measurements were taken from, where no image was read."),
    PrivateCode("PUBLISHED", "Published performance of the signature", "", "What its own paper reports; not measured here."),
)
# fmt: on

_MEANINGS = {row.value: row.meaning for row in _ROWS}


def private(value: str) -> Code:
    """The code of a row of this file."""
    return Code(value, SCHEME, _MEANINGS[value])


def private_codes() -> tuple[PrivateCode, ...]:
    """Every row of the scheme: those of this file, then those of the signatures of this repository."""
    return (
        *_ROWS,
        *(
            PrivateCode(row.value, row.meaning, row.unit, row.definition, plugin.codes.source)
            for plugin in built_in_plugins()
            for row in plugin.codes.own_rows()
        ),
    )


def radiomics_code(feature: str) -> Code:
    """A code for any radiomics feature, from its full name (region, image, class, feature): the same name, the same code.

    >>> radiomics_code("tumour/wavelet-LLL_firstorder_Skewness").value
    'RF_50258eb3f1c7'
    """
    digest = short_hash(feature, 12)
    name = label(feature)
    meaning = name if len(name) <= _LONGEST_MEANING else name[: _LONGEST_MEANING - 1] + "…"
    return Code(f"RF_{digest}", SCHEME, meaning)


def declare_scheme(obj: Dataset, others: Iterable[CodingScheme] = ()) -> None:
    """Coding Scheme Identification Sequence (PS3.3 C.12.1): who is behind each private designator."""
    schemes = dict.fromkeys((TILSCOPE_SCHEME, *others))
    obj.CodingSchemeIdentificationSequence = [_identification(scheme) for scheme in schemes]


def _identification(scheme: CodingScheme) -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator = scheme.designator
    item.CodingSchemeUID = scheme.uid
    item.CodingSchemeName = scheme.name
    item.CodingSchemeVersion = scheme.version
    item.CodingSchemeResponsibleOrganization = scheme.organization
    return item


def private_codes_page() -> str:
    """`docs/private-codes.md`, whole."""
    lines = [
        "# Private codes",
        "",
        "What TILscope says in DICOM and no standard code exists for. Written from `dicom_io/objects/codes/private_codes.py` and",
        "`models/signatures/*/codes.py` by `python -m tilscope.dicom_io.objects.codes.private_codes > docs/private-codes.md`; a test",
        "holds them together. A signature of somebody else's package has a coding scheme of its author's own.",
        "",
        f"Coding scheme **{SCHEME}** (“{TILSCOPE_SCHEME.name}”, version {TILSCOPE_SCHEME.version}), UID `{SCHEME_UID}`.",
        "Every report declares it in its Coding Scheme Identification Sequence. A code is never renamed, reused or removed.",
        "",
        "| code | meaning | unit (UCUM) | definition | by |",
        "|---|---|---|---|---|",
        *(f"| `{c.value}` | {c.meaning} | {c.unit} | {c.definition} | {c.source} |" for c in private_codes()),
        "",
        "A radiomics feature has the code `RF_` and the first 12 hexadecimal digits of the SHA-256 of its full name",
        "(region, image, class, feature); the code meaning says that name in words.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(private_codes_page(), end="")
