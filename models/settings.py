"""What can be set about the computation. Everything here takes part in the settings hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

#: The built-in segmenter.
CLASSICAL = "classical"
#: What names an installed one, in its folder.
MANIFEST = "tilscope-segmenter.json"


@dataclass(frozen=True)
class TimingSettings:
    """Phases by time after injection, in seconds (SIGNATURES: early 150, late 450)."""

    early_s: float = 150.0
    early_window_s: tuple[float, float] = (60.0, 240.0)
    late_s: float = 450.0
    late_window_s: tuple[float, float] = (300.0, 660.0)


@dataclass(frozen=True)
class FtvSettings:
    """Functional tumour volume by the ACRIN 6657 trial's rule."""

    pe_threshold_percent: float = 70.0
    background_fraction: float = 0.6
    background_percentile: float = 95.0
    minimum_neighbours: int = 4
    ser_threshold: float = 0.9


@dataclass(frozen=True)
class PreparationSettings:
    """Bias field, estimated once on the shrunk pre-contrast image and applied to every phase."""

    bias_field: bool = True
    bias_grid_mm: float = 8.0
    """Voxel size of the shrunk image: a coil's shading changes over centimetres."""
    bias_iterations: tuple[int, ...] = (50, 40, 30)
    bias_fwhm: float = 0.3
    """N4's own parameter: the full width at half maximum of the field's histogram, in logarithm of signal."""


@dataclass(frozen=True)
class MotionSettings:
    """Registration of every phase to the first one after the injection (docs/registration.md)."""

    register: bool = True
    still_rms_mm: float = 0.75
    """A phase that lies closer than this (root mean square in the breast) is passed on as it is; what the look finds
    where nothing moved is mostly less, and what passes it must still prove itself on fine detail."""
    largest_rms_mm: float = 6.0
    """What moved further is refused: the method was measured up to 5 mm."""


@dataclass(frozen=True)
class SegmentationSettings:
    """The segmenter, and the limits of what is told as a lesion."""

    segmenter: str = CLASSICAL
    """`classical`, or the folder of an installed network (docs/segmenters.md)."""
    lesion_pe_percent: float = 50.0
    """Early enhancement of a lesion at least: medium or fast in the usual words (slow is below 50 %)."""
    slow_lesion_pe_percent: float = 30.0
    """Looked for only where nothing enhances more: slow uptake, as of many lobular and in situ cancers."""
    minimum_lesion_diameter_mm: float = 5.0
    """Of a piece that is looked at. What no person has pointed at must be a little larger, as `models.lesions.exclusions`
    says."""
    minimum_further_lesion_diameter_mm: float = 7.0
    """Of a lesion beside the index lesion: smaller foci are usual and seldom a finding."""
    most_lesions: int = 5


@dataclass(frozen=True)
class QualitySettings:
    """The limits of the quality gates (`models.quality`). They change what is said of a result and not its numbers."""

    snr_refused: float = 4.0
    """Signal to noise of the gland before contrast. At 4 the noise of a voxel's enhancement is 35 %: background would
    pass for lesion."""
    snr_warned: float = 10.0
    motion_warned_mm: float = 2.5
    """Root mean square in the breast, before registration."""
    lesion_change_warned: float = 0.1
    """How much registration may change a lesion's volume, as a part of it: twice what it was wrong by on phantoms."""
    compression_warned: float = 0.5
    """Least local volume ratio in the breast of a motion that was taken out; at 0 it folds, and is refused. Known motions
    of 5 mm were found with 0.74 and more."""
    early_off_s: float = 60.0
    late_off_s: float = 120.0
    enhancement_warned: float = 2.5
    """Early over pre-contrast signal of the body."""
    most_fgt_percent: float = 80.0
    confidence_warned: float = 0.4
    edge_part_warned: float = 0.02
    """Part of a lesion's voxels on the outermost layer of the images."""
    chest_wall_part_warned: float = 0.25
    """Part of a lesion's columns from front to back that end at the chest."""
    usual_diameter_mm: tuple[float, float] = (8.0, 100.0)
    """Longest diameter: below, a lesion has few voxels for texture; above, most cancers are smaller."""


@dataclass(frozen=True)
class ObjectSettings:
    """What is written beside the segmentations, the report and the page, and how. Nothing that is computed depends on it.

    All off: each is a series more in every study, and most archives have one viewer that needs one of them.
    """

    parametric_maps: bool = False
    """PE and SER as Parametric Maps."""
    secondary_capture: bool = False
    """Colour pictures of the early phase with the lesions' contours."""
    key_images: bool = False
    """A Key Object Selection of the slices where the lesions are largest."""
    contour_report: bool = False
    """A small report with the index lesion's contour, for viewers that draw."""
    labelmap: bool = False
    """The segmentations as label maps instead of one mask for each segment."""

    def and_also(self, words: Iterable[str]) -> ObjectSettings:
        """With the objects of these words, which are those of `FURTHER_OBJECTS`."""
        return replace(self, **{word.replace("-", "_"): True for word in words})


USUAL_OBJECTS = ObjectSettings()
#: The words of the objects that are written on request.
FURTHER_OBJECTS = tuple(f.name.replace("_", "-") for f in fields(ObjectSettings) if f.name != "labelmap")


@dataclass(frozen=True)
class PipelineSettings:
    """All of it, as one value that travels with a run."""

    timing: TimingSettings = field(default_factory=TimingSettings)
    ftv: FtvSettings = field(default_factory=FtvSettings)
    preparation: PreparationSettings = field(default_factory=PreparationSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    objects: ObjectSettings = field(default_factory=ObjectSettings)
    """No part of the settings hash."""
    references_folder: str = ""
    """Where installed references lie, as SIGNATURE.json. What features are does not depend on it: it is no part of the
    settings hash, but the references' contents are part of every input hash."""

    models_folder: str = ""
    """Where trained models lie, each in a folder named after its signature. As with references: their contents are part of
    every input hash."""

    site_rules_file: str = ""
    """What this site says of its own scanners (`dicom_io.dce.site_rules`); a rule that applies is part of the input hash."""

    demo: bool = False
    """A demonstration: what was made of synthetic studies may be used, and every output says DEMO. Part of every input hash."""

    def digest(self) -> str:
        """The settings hash: equal settings give equal text, whatever process computes it.

        Features under one hash can be compared, so what does not touch them is left out.
        """
        settings = asdict(self)
        for key in ("references_folder", "models_folder", "site_rules_file", "demo", "quality", "objects"):
            del settings[key]
        settings["segmentation"]["segmenter"] = identity_of(self.segmentation.segmenter)
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


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
