"""The form that every structured report of ours has: who observed, and an item a line."""

from __future__ import annotations

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.identity import MANUFACTURER, MODEL_NAME, Author


def observer(author: Author) -> hd.sr.ObservationContext:
    """TID 1004."""
    return hd.sr.ObservationContext(
        observer_device_context=hd.sr.ObserverContext(
            observer_type=codes.DCM.Device,
            observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
                uid=author.device_uid,
                name=f"{MODEL_NAME} {author.version}",
                manufacturer_name=MANUFACTURER,
                model_name=MODEL_NAME,
                serial_number=author.serial_number,
            ),
        )
    )


def an_item_a_line(container: Dataset) -> None:
    """SEPARATE content (PS3.3 C.17.3). OHIF writes what is CONTINUOUS as running text, and leaves the items' names out."""
    container.ContinuityOfContent = "SEPARATE"
    for item in container.get("ContentSequence", ()):
        if item.ValueType == "CONTAINER":
            an_item_a_line(item)
