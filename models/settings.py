"""What can be set about the computation. Everything here takes part in the settings hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, field, fields, replace
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Predicate
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from tilscope.models.setting_limits import (
    CHECKED,
    SMALLER_FIRST,
    AtLeastZero,
    Borders,
    EnhancementPercent,
    Fraction,
    LengthMm,
    LengthsMm,
    MovedMm,
    Number,
    Percent,
    Seconds,
    Switch,
    Text,
    WholeNumber,
    Window,
    in_order,
)
from tilscope.models.short_hash import short_hash
from tilscope.models.wrong_settings import named

#: The built-in segmenter.
CLASSICAL = "classical"
#: What names an installed one, in its folder.
MANIFEST = "tilscope-segmenter.json"
#: Who computes shape, first-order and texture features.
Extractor = Literal["tilscope", "pyradiomics"]
#: A segment and a row of every table each. As many are looked at where a person points.
MOST_LESIONS = 40


@named("timing")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class TimingSettings:
    """Phases by time after injection (SIGNATURES: early 150 s, late 450 s)."""

    early_s: Seconds = 150.0
    """The phase that lies nearest is the early one."""
    early_window_s: Window = (60.0, 240.0)
    """Without a phase in it, the study is refused."""
    late_s: Seconds = 450.0
    """The phase that lies nearest is the late one."""
    late_window_s: Window = (300.0, 660.0)
    """Without a phase in it, the study is refused."""

    @model_validator(mode="after")
    def _in_the_order_of_time(self) -> TimingSettings:
        for name, moment, (first, last) in (
            ("early", self.early_s, self.early_window_s),
            ("late", self.late_s, self.late_window_s),
        ):
            if not first <= moment <= last:
                raise ValueError(f"{name}_s must lie in {name}_window_s, from {first:g} to {last:g}, not at {moment:g}")
        if self.late_s <= self.early_s:
            raise ValueError(f"late_s must be later than early_s ({self.early_s:g}), not {self.late_s:g}")
        return self


@named("ftv")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class FtvSettings:
    """Functional tumour volume by the ACRIN 6657 trial's rule."""

    pe_threshold_percent: EnhancementPercent = 70.0
    """Early enhancement of a voxel that counts, at least."""
    background_fraction: Fraction = 0.6
    """A voxel below this part of the background percentile, before contrast, is air."""
    background_percentile: Percent = 95.0
    """Of the pre-contrast signal in the volume."""
    minimum_neighbours: Annotated[WholeNumber, Field(ge=0, le=26)] = 4
    """How many of a voxel's 26 neighbours must enhance too."""
    ser_threshold: Annotated[Number, Field(ge=0, le=10)] = 0.9
    """Signal enhancement ratio above which a voxel counts for FTV_SER."""


@named("preparation")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class PreparationSettings:
    """Bias field, estimated once on the shrunk pre-contrast image and applied to every phase."""

    bias_field: Switch = True
    """Whether it is taken out."""
    bias_grid_mm: Annotated[Number, Field(gt=0, le=100)] = 8.0
    """Voxel size of the shrunk image: a coil's shading changes over centimetres."""
    bias_iterations: Annotated[
        tuple[Annotated[WholeNumber, Field(ge=1, le=1000)], ...], Field(min_length=1, max_length=6)
    ] = (50, 40, 30)
    """Of N4, at most, on each level from coarse to fine."""
    bias_fwhm: Annotated[Number, Field(gt=0, le=10)] = 0.3
    """N4's own parameter: the full width at half maximum of the field's histogram, in logarithm of signal."""


@named("motion")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class MotionSettings:
    """Registration of every phase to the first one after the injection (docs/registration.md)."""

    register: Switch = True
    """Whether phases are registered."""
    still_rms_mm: MovedMm = 0.75
    """A phase that lies closer than this (root mean square in the breast) is passed on as it is; what the look finds
    where nothing moved is mostly less, and what passes it must still prove itself on fine detail."""
    largest_rms_mm: MovedMm = 6.0
    """What moved further is refused: the method was measured up to 5 mm."""

    @model_validator(mode="after")
    def _still_before_too_far(self) -> MotionSettings:
        still, largest = self.still_rms_mm, self.largest_rms_mm
        if largest < still:
            raise ValueError(f"largest_rms_mm must be at least still_rms_mm ({still:g}), not {largest:g}")
        return self


@named("segmentation")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class SegmentationSettings:
    """The segmenter, and the limits of what is told as a lesion."""

    segmenter: Annotated[Text, Field(min_length=1)] = CLASSICAL
    """`classical`, or the folder of an installed network (docs/segmenters.md)."""
    least_uptake_percent: EnhancementPercent = 30.0
    """Of a lesion: how much its signal rises early, in percent of the gland's signal before contrast."""
    minimum_lesion_diameter_mm: LengthMm = 5.0
    """Of a piece that is looked at. What no person has pointed at must be a little larger, as `models.lesions.exclusions`
    says."""
    minimum_further_lesion_diameter_mm: LengthMm = 7.0
    """Of a lesion beside the index lesion: smaller foci are usual and seldom a finding."""
    most_lesions: Annotated[WholeNumber, Field(ge=1, le=MOST_LESIONS)] = 5
    """How many are told; the likeliest come first."""


@named("quality")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class QualitySettings:
    """The limits of the quality gates (`models.quality`). They change what is said of a result and not its numbers."""

    snr_refused: AtLeastZero = 4.0
    """Signal to noise of the gland before contrast. At 4 the noise of a voxel's enhancement is 35 %: background would
    pass for lesion."""
    snr_warned: AtLeastZero = 10.0
    """Below it, enhancement of single voxels is said to be uncertain."""
    motion_warned_mm: MovedMm = 2.5
    """Root mean square in the breast, before registration."""
    lesion_change_warned: AtLeastZero = 0.1
    """How much registration may change a lesion's volume, as a part of it: twice what it was wrong by on phantoms."""
    compression_warned: Fraction = 0.5
    """Least local volume ratio in the breast of a motion that was taken out; at 0 it folds, and is refused. Known motions
    of 5 mm were found with 0.74 and more."""
    early_off_s: Seconds = 60.0
    """How far the early phase may lie from its usual time."""
    late_off_s: Seconds = 120.0
    """How far the late phase may lie from its usual time."""
    enhancement_warned: AtLeastZero = 2.5
    """Early over pre-contrast signal of the body."""
    most_fgt_percent: Percent = 80.0
    """Part of the breast that is glandular tissue."""
    fgt_at_rim_warned: Fraction = 0.15
    """Part of the glandular tissue within 3 mm of the breast's border, where skin and muscle lie."""
    fgt_in_crumbs_warned: Fraction = 0.15
    """Part of the glandular tissue in pieces of less than 0.1 cm3."""
    fgt_change_warned: Fraction = 0.25
    """Change of its volume where the border between fat and gland is moved by a tenth of their difference."""
    confidence_warned: Fraction = 0.4
    """Of the segmenter in the index lesion, at least."""
    edge_part_warned: Fraction = 0.02
    """Part of a lesion's voxels on the outermost layer of the images."""
    chest_wall_part_warned: Fraction = 0.25
    """Part of a lesion's columns from front to back that end at the chest."""
    ring_vessels_warned: Fraction = 0.1
    """Part of a ring around the index lesion that was cut out as vessel: five of 3 mm through the 5 mm around a lesion of
    20 mm are 2 %."""
    usual_diameter_mm: LengthsMm = (8.0, 100.0)
    """Longest diameter: below, a lesion has few voxels for texture; above, most cancers are smaller."""

    @model_validator(mode="after")
    def _warned_before_refused(self) -> QualitySettings:
        if self.snr_warned < self.snr_refused:
            raise ValueError(f"snr_warned must be at least snr_refused ({self.snr_refused:g}), not {self.snr_warned:g}")
        return self


@named("description")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class DescriptionSettings:
    """The thresholds of the words that a report's block uses (docs/reading-guide.md). Nothing that is measured depends on them."""

    focus_below_mm: LengthMm = 5.0
    """Longest diameter of a focus; from here on it is a mass or non-mass enhancement."""
    mass_from_solidity: Fraction = 0.5
    """Part of a lesion's convex hull that it fills, at least, to be a mass."""
    irregular_below_solidity: Fraction = 0.7
    """Below it a shape is irregular and a margin not circumscribed."""
    circumscribed_from_solidity: Fraction = 0.85
    """From here on a margin is circumscribed; between the two it is not assessed."""
    round_from_ratio: Fraction = 0.8
    """Shortest over longest axis of a round shape; below it is oval."""
    margin_from_mm: LengthMm = 10.0
    """Shortest axis of a lesion whose margin and internal enhancement are assessed: smaller ones have few voxels inside."""
    rim_from_ratio: Annotated[Number, Field(ge=1, le=10)] = 1.3
    """Early enhancement of the outer part over that of the core, at least, of rim enhancement."""
    homogeneous_below: Fraction = 0.2
    """Standard deviation of the early enhancement over its mean, without noise."""
    heterogeneous_from: Fraction = 0.3
    """The same; between the two it is not assessed."""
    initial_percent: Annotated[tuple[EnhancementPercent, EnhancementPercent], Predicate(in_order), SMALLER_FIRST] = (
        50.0,
        100.0,
    )
    """Early enhancement of a voxel: slow below the first, fast above the second (BI-RADS)."""
    kinetic_thresholds_percent: Annotated[tuple[EnhancementPercent, ...], Field(min_length=1, max_length=6)] = (
        50.0,
        80.0,
        100.0,
    )
    """Early enhancement whose shares of voxels are printed; the delayed phase is that of the voxels that reach the first."""
    cluster_cc: Annotated[Number, Field(ge=0, le=100)] = 0.03
    """The worst curve is that of a cluster at least so large: smaller ones are mostly noise."""
    central_mm: LengthMm = 10.0
    """A lesion whose middle lies nearer to the line through the nipple has no quadrant and no hour: it is central."""
    fgt_percent: Borders = (12.0, 22.0, 35.0)
    """Part of the breast's volume that is glandular: borders of a, b, c and d. BI-RADS has no numbers for MRI:
    these lie half-way between phantoms of the four categories."""
    bpe_voxel_percent: EnhancementPercent = 50.0
    """Early enhancement of a voxel of glandular tissue that counts as enhancing: what is no more than slow does not."""
    bpe_percent: Borders = (25.0, 50.0, 75.0)
    """Part of the glandular tissue that enhances: borders of minimal, mild, moderate and marked."""

    @model_validator(mode="after")
    def _in_order(self) -> DescriptionSettings:
        for low, high in (
            ("irregular_below_solidity", "circumscribed_from_solidity"),
            ("homogeneous_below", "heterogeneous_from"),
        ):
            least = getattr(self, low)
            if getattr(self, high) < least:
                raise ValueError(f"{high} must be at least {low} ({least:g}), not {getattr(self, high):g}")
        return self


@named("objects")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class ObjectSettings:
    """What is written beside the segmentations, the report and the page, and how. Nothing that is computed depends on it.

    All off: each is a series more in every study, and most archives have one viewer that needs one of them.
    """

    parametric_maps: Switch = False
    """PE and SER as Parametric Maps."""
    secondary_capture: Switch = False
    """Colour pictures of the early phase with the lesions' contours."""
    key_images: Switch = False
    """A Key Object Selection of the slices where the lesions are largest."""
    contour_report: Switch = False
    """A small report with the index lesion's contour, for viewers that draw."""
    presentation_state: Switch = False
    """The lesions' contours in colour over the images, for viewers without segmentations that know presentation states."""
    rt_structure_set: Switch = False
    """Lesions and breast as an RT Structure Set, for planning systems."""
    turning_mip: Switch = False
    """The subtraction's projection turning about the patient's long axis, the breasts alone: a short film that viewers play."""
    labelmap: Switch = False
    """The segmentation as a label map instead of one mask for each segment; that of the breast is masks, for they overlap."""

    def and_also(self, words: Iterable[str]) -> ObjectSettings:
        """With the objects of these words, which are those of `FURTHER_OBJECTS`."""
        return replace(self, **{word.replace("-", "_"): True for word in words})


USUAL_OBJECTS = ObjectSettings()
#: The words of the objects that are written on request.
FURTHER_OBJECTS = tuple(f.name.replace("_", "-") for f in fields(ObjectSettings) if f.name != "labelmap")


@named("")
@dataclass(frozen=True, kw_only=True, config=CHECKED)
class PipelineSettings:
    """How studies are computed, as one value that travels with a run.

    `timing`, `ftv`, `preparation`, `motion` and `segmentation` make the settings hash, and nothing else does.
    """

    timing: TimingSettings = field(default_factory=TimingSettings)
    ftv: FtvSettings = field(default_factory=FtvSettings)
    preparation: PreparationSettings = field(default_factory=PreparationSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    description: DescriptionSettings = field(default_factory=DescriptionSettings)
    """No part of the settings hash; part of every input hash where it is not the usual."""
    objects: ObjectSettings = field(default_factory=ObjectSettings)
    """No part of the settings hash."""
    extractor: Extractor = "tilscope"
    """Who computes shape, first-order and texture features. The values are equal but for the rounding of sums, so that it is no
    part of the settings hash; `pyradiomics` must be installed (`python -m tilscope.extractor`)."""
    references_folder: Text = ""
    """Where installed references lie, as SIGNATURE.json. What features are does not depend on it: it is no part of the
    settings hash, but the references' contents are part of every input hash."""

    models_folder: Text = ""
    """Where trained models lie, each in a folder named after its signature. As with references: their contents are part of
    every input hash."""

    site_rules_file: Text = ""
    """What this site says of its own scanners (`dicom_io.dce.site_rules`); a rule that applies is part of the input hash."""

    withhold_doubtful_scores: Switch = False
    """No score where it is uncalibrated, or the tumour none of those that the signature was made for, or not known to be
    (Rad-TILs without a triple-negative receptor status). Otherwise it is given, small and with the reason. Part of every
    input hash where it is on."""

    demo: Switch = False
    """A demonstration: what was made of synthetic studies may be used, and every output says DEMO. Part of every input hash."""

    def digest(self) -> str:
        """The settings hash: equal settings give equal text, whatever process computes it.

        Features under one hash can be compared, so what does not touch them is left out.
        """
        settings = asdict(self)
        for key in (
            "references_folder",
            "models_folder",
            "site_rules_file",
            "demo",
            "quality",
            "description",
            "objects",
            "extractor",
            "withhold_doubtful_scores",
        ):
            del settings[key]
        settings["segmentation"]["segmenter"] = identity_of(self.segmentation.segmenter)
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return short_hash(canonical, 16)


def identity_of(segmenter: str) -> str:
    """The built-in segmenter's name, or the SHA-256 of an installed one's manifest.

    The manifest names the SHA-256 of every file of the network, and a network whose files differ is never run: so this
    one hash stands for all of them. Never fails: what cannot be read says so when a study is segmented.
    """
    if segmenter == CLASSICAL:
        return CLASSICAL
    try:
        return hashlib.sha256((Path(segmenter) / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return f"no manifest in {segmenter}"
