"""What holds for objects that are seen on the images: segmentations, maps, pictures, key objects, and the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.expected import segments_of
from conformance.readers import is_film, is_map, is_page, is_picture, is_segmentation
from conformance.rule import code_of, concept, rule
from conformance.rules_of_every_object import PROCESSING, equipment
from conformance.rules_of_reports import SIDES
from conformance.written import WrittenCase, WrittenObject
from pydicom import Dataset
from pydicom.tag import Tag

from tilscope.dicom_io.dce.enhanced_frames import split_frames
from tilscope.dicom_io.identity import Kind

Faults = Iterator[str]


def has_frames_in_space(obj: Dataset) -> bool:
    return is_segmentation(obj) or is_map(obj)


def _frame_group(obj: Dataset, frame: Dataset, keyword: str) -> Dataset:
    """Of the frame or shared by all."""
    return (frame.get(keyword) or obj.SharedFunctionalGroupsSequence[0].get(keyword))[0]


def _apart(position: Sequence[float], image: Dataset) -> float:
    """The largest difference of a coordinate, in mm."""
    return max(abs(a - float(b)) for a, b in zip(position, image.ImagePositionPatient, strict=True))


def _slices(case: WrittenCase, uid: str) -> list[Dataset]:
    """The classic headers of an image: one, or one a frame."""
    image = case.images[uid]
    return [header for header, _ in split_frames(image)] if "PerFrameFunctionalGroupsSequence" in image else [image]


@rule("PS3.3 A.51: BINARY or LABELMAP, and no tissue twice but in the breast that holds it", about=is_segmentation)
def a_segmentation_says_what_its_voxels_mean(one: WrittenObject, case: WrittenCase) -> Faults:
    if one.dataset.SegmentationType not in ("BINARY", "LABELMAP"):
        yield f"type {one.dataset.SegmentationType}"
    nested = one.kind is Kind.BREAST_SEGMENTATION and len(segments_of(one.dataset)) > 1
    if one.dataset.get("SegmentsOverlap", "NO") != ("YES" if nested else "NO"):
        yield (
            "segments overlap and do not say so"
            if nested
            else "segments overlap: Slicer splits it into several volumes"
        )


@rule("OHIF #3991: its loader stops at an empty segment", about=is_segmentation)
def no_segment_is_empty(one: WrittenObject, case: WrittenCase) -> Faults:
    if one.dataset.SegmentationType == "LABELMAP":
        filled = {int(n) for n in set(one.dataset.pixel_array.ravel().tolist())}
    else:
        frames = one.dataset.pixel_array.reshape(int(one.dataset.NumberOfFrames), -1).any(axis=1)
        groups = one.dataset.PerFrameFunctionalGroupsSequence
        named = [g.SegmentIdentificationSequence[0].ReferencedSegmentNumber for g in groups]
        filled = {int(number) for number, full in zip(named, frames, strict=True) if full}
    for segment in segments_of(one.dataset):
        if int(segment.SegmentNumber) not in filled:
            yield f"segment {segment.SegmentNumber} ({segment.SegmentLabel}) is empty"


@rule(
    "PS3.3 C.8.20.2; IHE AI Results table 6.5.3.1-1: Algorithm Identification = Contributing Equipment",
    about=is_segmentation,
)
def every_segment_says_what_it_is_and_who_drew_it(one: WrittenObject, case: WrittenCase) -> Faults:
    (device,) = equipment(one.dataset, PROCESSING)
    for segment in segments_of(one.dataset):
        for keyword in (
            "SegmentLabel",
            "TrackingID",
            "TrackingUID",
            "SegmentAlgorithmName",
            "RecommendedDisplayCIELabValue",
        ):
            if not segment.get(keyword):
                yield f"segment {segment.SegmentNumber} has no {keyword}"
        (made,) = segment.get("SegmentationAlgorithmIdentificationSequence") or [Dataset()]
        said = made.get("AlgorithmSource"), made.get("AlgorithmName"), made.get("AlgorithmVersion")
        if said != (device.Manufacturer, device.ManufacturerModelName, device.SoftwareVersions):
            yield f"segment {segment.SegmentNumber} was made by {said}"
        (region,) = segment.get("AnatomicRegionSequence") or [Dataset()]
        side = code_of(region.get("AnatomicRegionModifierSequence"))
        if region.get("CodeValue") != "76752008" or side is None or side[0] not in SIDES.values():
            yield f"segment {segment.SegmentNumber} lies in {region.get('CodeMeaning')}, side {side}"


@rule(
    "PS3.3 C.7.6.16: every frame lies on the very image that it names, or on the early phase, in the same plane",
    about=has_frames_in_space,
)
def every_frame_lies_on_the_image_that_it_names(one: WrittenObject, case: WrittenCase) -> Faults:
    for number, frame in enumerate(one.dataset.PerFrameFunctionalGroupsSequence, start=1):
        named = [source for d in frame.get("DerivationImageSequence", ()) for source in d.SourceImageSequence]
        ours = [float(v) for v in _frame_group(one.dataset, frame, "PlanePositionSequence").ImagePositionPatient]
        if named:
            image = _slices(case, named[0].ReferencedSOPInstanceUID)[int(named[0].get("ReferencedFrameNumber", 1)) - 1]
        elif is_map(one.dataset):  # made of several phases: its frames lie on the grid of the early one
            image = min(one.study.source.early.headers, key=lambda header: _apart(ours, header))
        else:
            yield f"frame {number} names no image"
            continue
        if _apart(ours, image) > 0.01:
            yield f"frame {number} lies at {ours}, its image at {list(image.ImagePositionPatient)}"
        turned = _frame_group(one.dataset, frame, "PlaneOrientationSequence").ImageOrientationPatient
        if max(abs(float(a) - float(b)) for a, b in zip(turned, image.ImageOrientationPatient, strict=True)) > 1e-5:
            yield f"frame {number} is turned against its image"
        if (one.dataset.Rows, one.dataset.Columns) != (image.Rows, image.Columns):
            yield f"frame {number} is of another size than its image"


@rule(
    "PS3.3 C.12.4: one phase and nothing else is the source; OHIF refuses what references no series",
    about=has_frames_in_space,
)
def the_referenced_series_is_the_early_phase(one: WrittenObject, case: WrittenCase) -> Faults:
    early = one.study.source.early
    frames = one.study.source.frames
    wanted = {frames[uid].sop_instance_uid if uid in frames else uid for uid in early.instance_uids}
    listed = {
        str(item.ReferencedSOPInstanceUID)
        for series in one.dataset.get("ReferencedSeriesSequence", ())
        for item in series.ReferencedInstanceSequence
    }
    if listed != wanted:
        yield f"{len(listed)} images are referenced, the early phase has {len(wanted)}"


@rule("PS3.3 C.7.6.16.2.11: what a stored value means, with its unit in UCUM", about=is_map)
def a_map_says_what_its_values_mean(one: WrittenObject, case: WrittenCase) -> Faults:
    shared = one.dataset.SharedFunctionalGroupsSequence[0]
    frames = [shared, *one.dataset.PerFrameFunctionalGroupsSequence]
    meanings = [m for f in frames for m in f.get("RealWorldValueMappingSequence", ())]
    if not meanings:
        yield "no real world value mapping"
    for meaning in meanings:
        if (code_of(meaning.MeasurementUnitsCodeSequence) or ("", ""))[1] != "UCUM":
            yield f"unit {code_of(meaning.MeasurementUnitsCodeSequence)}"
        if not meaning.get("QuantityDefinitionSequence"):
            yield "no quantity"
    if one.dataset.get("ContentQualification") != "RESEARCH":
        yield f"content qualification {one.dataset.get('ContentQualification')}"


@rule("PS3.3 C.7.6.1.1.1: a person can be told by what is burned in", about=lambda obj: is_picture(obj) or is_page(obj))
def it_says_whether_the_patient_is_burned_in(one: WrittenObject, case: WrittenCase) -> Faults:
    names_the_patient = is_page(one.dataset)
    if one.dataset.get("BurnedInAnnotation") != ("YES" if names_the_patient else "NO"):
        yield f"burned in annotation {one.dataset.get('BurnedInAnnotation')}"


@rule("PS3.3 C.7.6.5: a film says how fast its frames follow each other, and that it goes round", about=is_film)
def a_film_plays_by_itself(one: WrittenObject, case: WrittenCase) -> Faults:
    if one.dataset.FrameIncrementPointer != Tag("FrameTime"):
        yield f"its frames follow {one.dataset.FrameIncrementPointer}"
    turn_s = float(one.dataset.get("FrameTime") or 0) * int(one.dataset.NumberOfFrames) / 1000
    if not 2 <= turn_s <= 6:
        yield f"a turn takes {turn_s} s"
    if one.dataset.get("PreferredPlaybackSequencing") != 0:
        yield "it does not go round"


@rule("PS3.3 C.24.2: a title, a type, and the report that the page is made from", about=is_page)
def the_page_names_its_report(one: WrittenObject, case: WrittenCase) -> Faults:
    sources = [str(item.ReferencedSOPInstanceUID) for item in one.dataset.get("SourceInstanceSequence", ())]
    reports = [uid for uid in sources if case.instances[uid].Modality == "SR" and case.instances[uid].SeriesNumber // 10 == one.dataset.SeriesNumber // 10]  # fmt: skip
    if len(sources) != 1 or reports != sources:
        yield f"its sources are {sources}"
    if one.dataset.MIMETypeOfEncapsulatedDocument != "application/pdf" or not one.dataset.get("DocumentTitle"):
        yield "it has no title or is no PDF"
    if concept(one.dataset) is None:
        yield "its title has no code"
