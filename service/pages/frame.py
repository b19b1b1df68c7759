"""What surrounds every page: head, warnings, the way to the others, and the policy that lets nothing in from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from tilscope.models import PIPELINE_VERSION
from tilscope.service.pages.html import Content, Html, el, join

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
_VERSION = hashlib.sha256(STYLE + SCRIPT).hexdigest()[:12]
_REFRESH_S = 5

_WAYS = (
    (".", "Studies"),
    ("signatures", "Signatures"),
    ("status", "Health"),
    ("account", "Who did what"),
    ("guide", "Reading guide"),
)


@dataclass(frozen=True)
class PageFrame:
    """`root` leads from the page's address to /tilscope/; all links are relative, since Orthanc may lie below a path."""

    demo: bool = False
    root: str = ""

    def page(self, title: str, *content: Content, here: str = "", live: bool = False) -> str:
        """A whole page. A live one is read again by the script, and reloaded where scripts are off."""
        refresh = el("noscript", el("meta", http_equiv="refresh", content=_REFRESH_S)) if live else None
        head = el(
            "head",
            el("meta", charset="utf-8"),
            el("script", Html(_ADD_SLASH)),
            el("title", f"{title} · TILscope"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("link", rel="icon", href="data:,"),
            el("link", rel="stylesheet", href=f"{self.root}page.css?{_VERSION}"),
            el("script", src=f"{self.root}page.js?{_VERSION}", defer=True),
            refresh,
        )
        ways = [
            el("a", name, href=self.root + way if way != "." else self.root or ".", aria_current="page" if way == here else None)
            for way, name in _WAYS
        ]  # fmt: skip
        body = el(
            "body",
            el("a", "To the content", href="#content", class_="skip"),
            el(
                "header",
                el("p", el("strong", "TILscope"), " ", el("small", PIPELINE_VERSION), class_="name"),
                el("nav", *ways, aria_label="Pages"),
            ),
            el(
                "p", "Research use only. Not a medical device; not for diagnosis or treatment decisions.", class_="rule"
            ),
            self._demo,
            el("main", *content, id="content", data_live_page=live),
            data_root=self.root,
        )
        return join(Html("<!doctype html>"), el("html", head, body, lang="en"))

    @property
    def _demo(self) -> Html | None:
        if not self.demo:
            return None
        strong = el("strong", "DEMO. Demonstration: synthetic data only.")
        return el("p", strong, " Scores mean nothing clinically.", class_="rule demo", role="note")


def live(name: str, *content: Content, **attributes: str) -> Html:
    """A part that the script keeps up to date, found again by its name."""
    return el("div", *content, id=name, data_live=True, **attributes)
