"""TILscope's own objects in the archive, found by the UIDs that results name, and removed."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.models.result import StoredObject


def find_ours(archive: OrthancArchive, objects: Iterable[StoredObject]) -> dict[str, str]:
    """Those of `objects` that are in the archive, by SOP Instance UID, with Orthanc's own identifiers.

    An object with such a UID that says to be of another maker is left alone.
    """
    found = {}
    for uid in (one.sop_instance_uid for one in objects):
        for item in archive.client.post("/tools/lookup", content=uid):
            if item["Type"] == "Instance" and _is_ours(archive, str(item["ID"])):
                found[uid] = str(item["ID"])
    return found


def remove(archive: OrthancArchive, found: dict[str, str]) -> list[str]:
    """Remove them; returns the SOP Instance UIDs of those that could not be, because the archive did not answer."""
    left = []
    for uid, instance in found.items():
        try:
            archive.client.delete(f"/instances/{instance}")
        except httpx.HTTPStatusError as fault:
            if fault.response.status_code != httpx.codes.NOT_FOUND:
                left.append(uid)
        except httpx.TransportError:
            left.append(uid)
    return left


def _is_ours(archive: OrthancArchive, instance: str) -> bool:
    maker = archive.client.get_bytes(f"/instances/{instance}/content/0008-0070")
    return maker.decode("ascii", "replace").strip("\0 ") == MANUFACTURER
