"""What can be set about the computation. Everything here takes part in the settings hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field


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
class SegmentationSettings:
    """The classical segmenter's limits."""

    lesion_pe_percent: float = 50.0
    """Early enhancement of a lesion at least: medium or fast in the usual words (slow is below 50 %)."""
    slow_lesion_pe_percent: float = 30.0
    """Looked for only where nothing enhances more: slow uptake, as of many lobular and in situ cancers."""
    minimum_lesion_diameter_mm: float = 5.0
    minimum_further_lesion_diameter_mm: float = 7.0
    """Of a lesion beside the index lesion: smaller foci are usual and seldom a finding."""
    most_lesions: int = 5


@dataclass(frozen=True)
class PipelineSettings:
    """All of it, as one value that travels with a run."""

    timing: TimingSettings = field(default_factory=TimingSettings)
    ftv: FtvSettings = field(default_factory=FtvSettings)
    preparation: PreparationSettings = field(default_factory=PreparationSettings)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    references_folder: str = ""
    """Where installed references lie, as SIGNATURE.json. What features are does not depend on it: it is no part of the
    settings hash, but the references' contents are part of every input hash."""

    site_rules_file: str = ""
    """What this site says of its own scanners (`dicom_io.dce.site_rules`); a rule that applies is part of the input hash."""

    def digest(self) -> str:
        """The settings hash: equal settings give equal text, whatever process computes it."""
        settings = asdict(self)
        del settings["references_folder"], settings["site_rules_file"]
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]
