"""Enhanced MR multi-frame: one instance for all phases, or one a phase."""

from __future__ import annotations

from tilscope.phantom.layouts.entry import InstanceFrames, Layout, Place, StoredScaling, Tags, times

_ENHANCED_PHILIPS = "Philips Ingenia Elition X, Enhanced MR with temporal dimension (dynamic/philips_enhanced)"


def _whole(place: Place) -> Tags:
    """One instance: its clocks are those of the first phase; the frames carry their own."""
    at = place.first_started
    return {"InstanceNumber": 1, "AcquisitionNumber": 4, **times(Series=at, Content=at)}


def _by_phase(place: Place) -> Tags:
    return {
        "InstanceNumber": place.phase + 1,
        "AcquisitionNumber": place.phase + 1,
        **times(Series=place.first_started, Content=place.started),
    }


def _philips_scaling(place: Place) -> StoredScaling:
    return StoredScaling((1.0, 1.37, 1.52, 1.44, 1.29, 1.61)[place.phase % 6], 1.6)


MULTIFRAME = (
    Layout(
        name="philips-enhanced",
        meaning="One Enhanced MR instance with all phases: TemporalPositionIndex and FrameAcquisitionDateTime in each frame, no TemporalPositionSequence.",
        expected="phases",
        manufacturer="Philips",
        label=lambda _: "dyn_eTHRIVE",
        tags=_whole,
        evidence=("TemporalPositionIndex", "FrameAcquisitionDateTime"),
        source=_ENHANCED_PHILIPS,
        image_type=("ORIGINAL", "PRIMARY", "PERFUSION", "NONE"),
        contrast_agent=lambda _: None,
        frames=InstanceFrames.ALL,
    ),
    Layout(
        name="philips-enhanced-scale-slope",
        meaning="As philips-enhanced, with a RescaleSlope in each frame that differs from phase to phase, and (2005,100E) to undo it.",
        expected="phases",
        manufacturer="Philips",
        label=lambda _: "dyn_eTHRIVE",
        tags=_whole,
        evidence=("TemporalPositionIndex", "FrameAcquisitionDateTime"),
        source=f"{_ENHANCED_PHILIPS}; DICOM.md, Scaling",
        image_type=("ORIGINAL", "PRIMARY", "PERFUSION", "NONE"),
        contrast_agent=lambda _: None,
        frames=InstanceFrames.ALL,
        scaling=_philips_scaling,
    ),
    Layout(
        name="siemens-xa-enhanced",
        meaning="One Enhanced MR instance a phase in one series; AcquisitionNumber and FrameAcquisitionDateTime separate them.",
        expected="phases",
        manufacturer="Siemens Healthineers",
        label=lambda _: "t1_vibe_tra_dyn",
        tags=_by_phase,
        evidence=("SOPInstanceUID", "AcquisitionNumber", "FrameAcquisitionDateTime", "ContentTime"),
        source="Siemens XA, Enhanced MR export: one instance a phase",
        image_type=("ORIGINAL", "PRIMARY", "DYNAMIC", "NONE"),
        frames=InstanceFrames.PHASE,
    ),
)
