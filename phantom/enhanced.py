"""Enhanced MR multi-frame instances (PS3.3 A.36.2): what the frames share once, what each has of its own beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, EnhancedMRImageStorage

from tilscope.phantom.instances import Identity, add_scale_slope, image_of, instance_of, put_tags, window_of, write
from tilscope.phantom.layouts import Layout, Place, clock
from tilscope.phantom.layouts.entry import stamp
from tilscope.phantom.pixels import Storage, StoredVolume, describe, put_pixels
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import PhantomStudy

_STACK_ID, _IN_STACK, _TEMPORAL, _FRAME_CONTENT = 0x00209056, 0x00209057, 0x00209128, 0x00209111
#: Attributes of the single-frame image that functional groups hold here instead.
_MOVED = (
    "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices", "Laterality", "WindowCenter",
    "WindowWidth",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class EnhancedSeries:
    study: PhantomStudy
    identity: Identity
    layout: Layout
    storage: Storage
    uid: UID
    number: int
    syntax: UID


@dataclass(frozen=True, eq=False)
class MultiframeInstance:
    nth: int
    places: Mapping[int, Sequence[Place]]
    """Of each phase in the instance, in the order of the slices' numbers."""
    volumes: Mapping[int, StoredVolume]
    order: Sequence[int]
    """Slice indexes in the order of their numbers."""


def write_multiframe(series: EnhancedSeries, instance: MultiframeInstance, path: Path) -> dict[int, tuple[int, ...]]:
    """Write one instance; returns the frames of each phase, from 1, in the order of the slice normal.

    Frames run slice by slice and, at each slice, phase by phase, as Philips exports them: a reader that takes the
    first frames for the first phase is wrong.
    """
    running = [(nth, phase) for nth in range(len(instance.order)) for phase in instance.places]
    first = next(iter(instance.places.values()))[0]
    image = instance_of(_shared(series, instance, first), series.identity.uid("dynamic", "instance", instance.nth))
    put_tags(image, series.layout.tags(first))
    begun = min(p[0].started for p in instance.places.values())
    ended = max(p[0].started + p[0].duration for p in instance.places.values())
    image.AcquisitionDateTime = stamp(begun)
    image.AcquisitionDuration = (ended - begun).total_seconds() * 1000
    image.NumberOfFrames = len(running)
    image.PerFrameFunctionalGroupsSequence = Items(_frame(series, instance, phase, nth) for nth, phase in running)
    pixels = np.stack([instance.volumes[phase].pixels[instance.order[nth]] for nth, phase in running])
    put_pixels(image, pixels, series.syntax)
    write(image, path)
    numbers: dict[int, dict[int, int]] = {phase: {} for phase in instance.places}
    for number, (nth, phase) in enumerate(running, start=1):
        numbers[phase][instance.order[nth]] = number
    return {phase: tuple(found[i] for i in sorted(found)) for phase, found in numbers.items()}


def _shared(series: EnhancedSeries, instance: MultiframeInstance, place: Place) -> Dataset:
    grid, layout = series.study.spec.grid, series.layout
    image = image_of(series.identity, EnhancedMRImageStorage, "MR", layout.manufacturer, grid)
    for keyword in _MOVED:
        if keyword in image:
            delattr(image, keyword)
    describe(image, series.storage)
    image.ImageType = list(layout.image_type)
    image.SeriesDescription = layout.label(place)
    image.SeriesNumber, image.SeriesInstanceUID = series.number, series.uid
    image.DeviceSerialNumber = "PHANTOM"
    _add_enhanced_modules(image, series.study.spec)
    _add_dimensions(image, series.identity)
    if layout.contrast_agent(place) is not None:
        image.ContrastBolusAgentSequence = Items([_contrast(series)])
    groups = Dataset()
    groups.PixelMeasuresSequence = _item(
        PixelSpacing=[grid.spacing[1], grid.spacing[0]],
        SliceThickness=grid.spacing[2],
        SpacingBetweenSlices=grid.spacing[2],
    )
    groups.PlaneOrientationSequence = _item(ImageOrientationPatient=[*grid.plane.orientation])
    groups.FrameAnatomySequence = _item(
        FrameLaterality=series.study.spec.imaged.value,
        AnatomicRegionSequence=_item(CodeValue="76752008", CodingSchemeDesignator="SCT", CodeMeaning="Breast"),
    )
    groups.MRImageFrameTypeSequence = _item(FrameType=list(layout.image_type), **_APPEARANCE)
    _add_acquisition(groups, series.study.spec)
    groups.FrameVOILUTSequence = _window(instance)
    image.SharedFunctionalGroupsSequence = Items([groups])
    return image


_APPEARANCE = {
    "PixelPresentation": "MONOCHROME",
    "VolumetricProperties": "VOLUME",
    "VolumeBasedCalculationTechnique": "NONE",
    "ComplexImageComponent": "MAGNITUDE",
    "AcquisitionContrast": "T1",
}


def _add_enhanced_modules(image: Dataset, spec: PhantomSpec) -> None:
    """Enhanced MR Image (C.8.13.1) and MR Pulse Sequence (C.8.13.4) modules."""
    for keyword, value in _APPEARANCE.items():
        setattr(image, keyword, value)
    image.AcquisitionContextSequence = Items([])
    image.PresentationLUTShape = "IDENTITY"
    image.BurnedInAnnotation, image.LossyImageCompression = "NO", "00"
    image.ContentQualification = "RESEARCH"
    image.ResonantNucleus, image.KSpaceFiltering = "1H", "NONE"
    image.MagneticFieldStrength = 1.5
    image.ApplicableSafetyStandardAgency = "IEC"
    image.MRAcquisitionType, image.PulseSequenceName = "3D", "spoiled GRE"
    image.EchoPulseSequence, image.MultiPlanarExcitation = "GRADIENT", "NO"
    image.PhaseContrast, image.TimeOfFlightContrast = "NO", "NO"
    image.SteadyStatePulseSequence, image.EchoPlanarPulseSequence = "LONGITUDINAL", "NO"
    image.SaturationRecovery = "NO"
    image.SpectrallySelectedSuppression = "FAT" if spec.fat_saturated else "NONE"
    image.OversamplingPhase, image.GeometryOfKSpaceTraversal = "NONE", "RECTILINEAR"
    image.SegmentedKSpaceTraversal, image.RectilinearPhaseEncodeReordering = "SINGLE", "LINEAR"
    image.NumberOfKSpaceTrajectories, image.CoverageOfKSpace = 1, "FULL"


def _add_acquisition(groups: Dataset, spec: PhantomSpec) -> None:
    """The functional groups that an original MR frame must have (PS3.3 table A.36-2)."""
    groups.MRTimingAndRelatedParametersSequence = _item(
        RepetitionTime=spec.sequence.repetition_ms,
        FlipAngle=spec.sequence.flip_degrees,
        EchoTrainLength=0,
        RFEchoTrainLength=0,
        GradientEchoTrainLength=1,
        SpecificAbsorptionRateSequence=Items(
            [_one(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.5)]
        ),
        OperatingModeSequence=Items([_one(OperatingModeType="GRADIENT", OperatingMode="IEC_NORMAL")]),
        GradientOutputType="DB_DT",
        GradientOutput=50.0,
    )
    groups.MRFOVGeometrySequence = _item(
        InPlanePhaseEncodingDirection="ROW",
        MRAcquisitionFrequencyEncodingSteps=spec.matrix[1],
        MRAcquisitionPhaseEncodingStepsInPlane=spec.matrix[0],
        MRAcquisitionPhaseEncodingStepsOutOfPlane=spec.matrix[2],
        PercentSampling=100,
        PercentPhaseFieldOfView=100,
    )
    groups.MREchoSequence = _item(EffectiveEchoTime=spec.sequence.echo_ms)
    groups.MRModifierSequence = _item(
        InversionRecovery="NO",
        FlowCompensation="NONE",
        Spoiling="RF",
        T2Preparation="NO",
        SpectrallySelectedExcitation="NONE",
        SpatialPresaturation="NONE",
        PartialFourier="NO",
        ParallelAcquisition="NO",
    )
    groups.MRImagingModifierSequence = _item(
        MagnetizationTransfer="NONE",
        BloodSignalNulling="NO",
        Tagging="NONE",
        TransmitterFrequency=63.87,
        PixelBandwidth=400,
    )
    groups.MRReceiveCoilSequence = _item(
        ReceiveCoilName="BREAST", ReceiveCoilManufacturerName="", ReceiveCoilType="MULTICOIL", QuadratureReceiveCoil="NO",
        MultiCoilDefinitionSequence=Items([_one(MultiCoilElementName="LOOP", MultiCoilElementUsed="YES")]),
    )  # fmt: skip
    groups.MRTransmitCoilSequence = _item(
        TransmitCoilName="BODY", TransmitCoilManufacturerName="", TransmitCoilType="BODY"
    )
    groups.MRAveragesSequence = _item(NumberOfAverages=1)


def _add_dimensions(image: Dataset, identity: Identity) -> None:
    """Stack, place in the stack, temporal index (C.7.6.17); the temporal one has no TemporalPositionSequence."""
    uid = identity.uid("dimensions")
    image.DimensionOrganizationSequence = _item(DimensionOrganizationUID=uid)
    labels = ((_STACK_ID, "Stack ID"), (_IN_STACK, "In-Stack Position Number"), (_TEMPORAL, "Temporal Position Index"))
    image.DimensionIndexSequence = Items(
        _one(
            DimensionOrganizationUID=uid,
            DimensionIndexPointer=pointer,
            FunctionalGroupPointer=_FRAME_CONTENT,
            DimensionDescriptionLabel=label,
        )
        for pointer, label in labels
    )


def _contrast(series: EnhancedSeries) -> Dataset:
    """Enhanced Contrast/Bolus module (C.7.6.4b): the agent by its class, as scanners without a code table write it."""
    item = _one(
        CodeValue="105905001", CodingSchemeDesignator="SCT", CodeMeaning="Gadolinium compound",
        ContrastBolusAgentNumber=1,
        ContrastBolusAdministrationRouteSequence=_item(
            CodeValue="47625008", CodingSchemeDesignator="SCT", CodeMeaning="Intravenous route"
        ),
        ContrastBolusIngredientCodeSequence=Items([]),
        ContrastBolusVolume=None, ContrastBolusIngredientConcentration=None,
        ContrastBolusIngredientOpaque="NO",
    )  # fmt: skip
    if series.study.spec.injection_recorded:
        item.ContrastAdministrationProfileSequence = _item(
            ContrastBolusVolume=None, ContrastBolusStartTime=clock(series.study.spec.injected_at)
        )
    return item


def _frame(series: EnhancedSeries, instance: MultiframeInstance, phase: int, nth: int) -> Dataset:
    place, stored = instance.places[phase][nth], instance.volumes[phase]
    groups = Dataset()
    in_stack = instance.order[nth] + 1
    middle = place.started + place.duration / 2
    groups.FrameContentSequence = _item(
        FrameAcquisitionNumber=1,
        FrameReferenceDateTime=stamp(middle),
        FrameAcquisitionDateTime=stamp(place.started),
        FrameAcquisitionDuration=place.duration.total_seconds() * 1000,
        DimensionIndexValues=[1, in_stack, place.temporal_index],
        StackID="1",
        InStackPositionNumber=in_stack,
        TemporalPositionIndex=place.temporal_index,
    )
    if series.layout.contrast_agent(place) is not None:
        given = "YES" if place.is_post_contrast else "NO"
        groups.ContrastBolusUsageSequence = _item(
            ContrastBolusAgentNumber=1, ContrastBolusAgentAdministered=given, ContrastBolusAgentDetected=given
        )
    groups.PlanePositionSequence = _item(ImagePositionPatient=[*place.position])
    groups.PixelValueTransformationSequence = _item(
        RescaleIntercept=stored.intercept,
        RescaleSlope=stored.slope,
        RescaleType="normalized" if stored.scale_slope is not None else "US",
    )
    if stored.scale_slope is not None:
        # Philips keeps the single-frame image's attributes in an item of its own in each frame.
        kept = Dataset()
        add_scale_slope(kept, stored.scale_slope)
        groups.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        groups.add_new(0x2005140F, "SQ", Items([kept]))
    return groups


def _window(instance: MultiframeInstance) -> Items:
    centre, width = window_of(list(instance.volumes.values())[-1].displayed())
    return _item(WindowCenter=centre, WindowWidth=width)


def _one(**values: object) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _item(**values: object) -> Items:
    """A sequence of one item."""
    return Items([_one(**values)])
