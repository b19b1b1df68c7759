# SPDX-License-Identifier: AGPL-3.0-or-later
# TILscope's plugin for Orthanc; plugin.py beside this file says more.
"""OHIF's files at /tilscope/viewer/, on Orthanc's own port and behind its password (docs/viewer.md).

The folder is read once, when Orthanc starts: nothing is served that was not in it then, whatever a path says.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.parse
from dataclasses import dataclass, replace
from typing import Any

import orthanc

PREFIX = "/tilscope/viewer"
PAGE, SETUP = "index.html", "app-config.js"

# By name and not by the machine's own table, which differs from one to the next. A browser compiles WebAssembly only by
# its right type, and takes no script or style of a wrong one.
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}

# The viewer speaks to this Orthanc and to nobody else, whatever a script in it tries. Its decoders are WebAssembly that
# makes functions from text, its workers and the PDF are blobs, its styles stand in line.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'self' blob:",
        "frame-src 'self' blob:",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
HEADERS = {
    # The two that give a page shared memory, in which it decodes images with several workers.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# A browser keeps every file, and asks each time whether it still holds. Names tell nothing: some have no hash in them, and
# docker/viewer/install.sh changes bundles without changing theirs.
ASKED_EACH_TIME = "private, no-cache"


class NoViewer(ValueError):
    """Raised where the folder holds no viewer; the sentence goes into Orthanc's log."""


@dataclass(frozen=True)
class File:
    """One file that may be served."""

    path: str
    kind: str
    tag: str


def files_of(folder: str) -> dict[str, File]:
    """What may be served, by its path below the folder. Links are left out: they may lead anywhere."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            kind = KINDS.get(os.path.splitext(name)[1])
            if kind is None or os.path.islink(path):
                continue
            known = os.stat(path)
            tag = hashlib.sha256(f"{known.st_size} {known.st_mtime_ns}".encode()).hexdigest()[:16]
            found[os.path.relpath(path, folder).replace(os.sep, "/")] = File(path, kind, f'"{tag}"')
    return found


def place_of(study_uid: str) -> str:
    """The query that opens the viewer at a study, with the newest of TILscope's lesions over the images they were drawn on."""
    question = {
        "Level": "Series",
        # With a star before it too: what a demonstration makes begins with DEMO.
        "Query": {"StudyInstanceUID": study_uid, "Modality": "SEG", "SeriesDescription": "*TILscope_lesions*"},
        "Expand": True,
    }
    found = json.loads(orthanc.RestApiPost("/tools/find", json.dumps(question)))
    query = {"StudyInstanceUIDs": study_uid}
    if found:
        newest = max(found, key=lambda series: str(series["LastUpdate"]))
        query["initialSeriesInstanceUID"] = newest["MainDicomTags"]["SeriesInstanceUID"]
    return urllib.parse.urlencode(query)


class Viewer:
    """Answers GET below /tilscope/viewer. Orthanc has asked for the password before it calls."""

    def __init__(self, folder: str, dicom_web_root: str) -> None:
        self._files = files_of(folder)
        missing = [name for name in (PAGE, SETUP) if name not in self._files]
        if missing:
            raise NoViewer(
                f"{folder} holds no {' and no '.join(missing)}; docker/install.sh --viewer makes such a folder."
            )
        setup = self._files[SETUP]
        with open(setup.path, encoding="utf-8") as file:
            self._setup = file.read().replace("@DICOM_WEB_ROOT@", dicom_web_root.rstrip("/")).encode()
        # Orthanc's configuration can change what is served while the file stays as it is.
        self._files[SETUP] = replace(setup, tag=f'"{hashlib.sha256(self._setup).hexdigest()[:16]}"')

    def __call__(self, output: orthanc.RestOutput, uri: str, **request: Any) -> None:
        if request["method"] != "GET":
            output.SendMethodNotAllowed("GET")
            return
        name = uri.removeprefix(PREFIX).strip("/")
        if study := re.fullmatch(r"open/([0-9.]{1,64})", name):
            # Relative, so that it also holds behind a proxy that adds a path of its own.
            output.SetHttpHeader("Location", f"../viewer?{place_of(study[1])}")
            output.SendHttpStatusCode(302)
            return
        file = self._files.get(name)
        if file is None and not os.path.splitext(name)[1]:
            # A place in the viewer, which its own script understands.
            name, file = PAGE, self._files[PAGE]
        for header, value in HEADERS.items():
            output.SetHttpHeader(header, value)
        if file is None:
            output.SendHttpStatusCode(404)
            return
        output.SetHttpHeader("Cache-Control", ASKED_EACH_TIME)
        output.SetHttpHeader("ETag", file.tag)
        if request.get("headers", {}).get("if-none-match") == file.tag:
            output.SendHttpStatusCode(304)
            return
        output.AnswerBuffer(self._content(name, file), file.kind)

    def _content(self, name: str, file: File) -> bytes:
        if name == SETUP:
            return self._setup
        with open(file.path, "rb") as opened:
            return opened.read()
