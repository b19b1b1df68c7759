"""What surrounds every page: head, warnings, the way to the others, and the policy that lets nothing in from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from tilscope.models import PIPELINE_VERSION
from tilscope.service.site.roles import EVERYTHING, Permissions

_HERE = Path(__file__).parent
STYLE = (_HERE / "page.css").read_bytes()
SCRIPT = (_HERE / "page.js").read_bytes()

#: Orthanc takes the last slash away, so that /tilscope cannot be redirected; relative links need it all the same.
_ADD_SLASH = "if(/\\/tilscope$/.test(location.pathname))location.replace(location.pathname+'/'+location.search)"
SCRIPT_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_ADD_SLASH.encode()).digest()).decode()
#: Script, style and pictures of our own, the page shown in no other site's frame, its forms sent nowhere else.
POLICY = (
    f"default-src 'none'; script-src 'self' '{SCRIPT_HASH}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}

_PAGES = (
    (".", "Studies"),
    ("worklist", "Needs a reader"),
    ("signatures", "Signatures"),
    ("status", "Health"),
    ("account", "Who did what"),
    ("guide", "Reading guide"),
)


@dataclass(frozen=True)
class PageLink:
    """One of the pages that every page leads to."""

    id: str
    name: str
    address: str


@dataclass(frozen=True)
class PageFrame:
    """`root` leads from the page's address to /tilscope/; all links are relative, since Orthanc may lie below a path."""

    demo: bool = False
    root: str = ""
    may: Permissions = EVERYTHING
    """What the person may do who looks at it: nothing else is offered."""

    add_slash = Markup(_ADD_SLASH)
    pipeline_version = PIPELINE_VERSION
    #: Behind the addresses of script and style, which a browser keeps.
    files_version = hashlib.sha256(STYLE + SCRIPT).hexdigest()[:12]

    @property
    def home(self) -> str:
        return self.root or "."

    @property
    def links(self) -> Iterator[PageLink]:
        for id, name in _PAGES:
            if id == "account" and not self.may.administer:
                continue
            yield PageLink(id, name, self.home if id == "." else self.root + id)
