"""The documentation as a site: it builds without a warning, asks nobody else for anything, and says what the program says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from tilscope.models.refusals import REASONS
from tilscope.service.cli.documentation import command_line

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

#: Attributes whose address a browser fetches by itself, by element.
FETCHED = {
    "script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src", "object": "data",
}  # fmt: skip
#: Relations of a link element that a browser does not fetch.
NOT_FETCHED = {"canonical", "prev", "next", "alternate", "edit"}


class Fetches(HTMLParser):
    """The addresses that a page makes a browser fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get(FETCHED.get(tag, ""))
        if address and given.get("rel") not in NOT_FETCHED:
            self.addresses.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built strictly: a link that leads nowhere, or a page that is in no menu, is an error."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: docker/install.sh")
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(["make", "-s", "package-links"], cwd=ROOT, check=True)
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_every_page_of_the_documentation_is_on_the_site(site: Path) -> None:
    written = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    assert written <= {path.relative_to(site).as_posix() for path in pages(site)}


def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in pages(site):
        for address in Fetches(page.read_text(encoding="utf-8")).addresses:
            assert "//" not in address, f"{page.name}: {address}"


def test_a_style_sheet_fetches_nothing_from_elsewhere(site: Path) -> None:
    sheets = sorted(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        for address in re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", text):
            assert not "".join(address).startswith(("http", "//")), f"{sheet.name}: {address}"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site as a web server gives it."""
    serve = partial(SimpleHTTPRequestHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_browser_asks_nobody_else_and_its_search_finds(address: str) -> None:
    pytest.importorskip("playwright", reason="playwright is not installed: docker/install.sh")
    from browser.viewer_in_chromium import CHROMIUM, INSIDE, chromium

    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: docker/install.sh --chromium")
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index", "known-failures", "reference/cli", "faq/refused"):
            page.goto(f"{address}/{name}.html")
        page.click('[data-md-component="search-query"]')
        page.keyboard.type("pectoral muscle")
        # Results come one after the other: the first that is there need not be this one.
        found = page.locator(".md-search-result__item").filter(has_text="Known failures")
        found.first.wait_for(state="attached", timeout=60_000)
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((address, *INSIDE))] == []


def test_no_link_leads_out_of_the_site_to_a_file_that_is_not_there(site: Path) -> None:
    """mkdocs looks at links as they are written; this at what they have become, pages from elsewhere included."""
    for page in pages(site):
        if page.name == "404.html":
            continue
        for target in re.findall(r'(?:href|src)="([^"#?:]+)(?:#[^"]*)?"', page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(site)}: {target}"


def test_every_reason_of_a_refusal_is_on_the_site(site: Path) -> None:
    page = (site / "reference" / "reasons.html").read_text(encoding="utf-8")
    assert [code for code in REASONS if f"<code>{code}</code>" not in page] == []


def test_every_route_is_on_the_site(site: Path) -> None:
    page = (site / "reference" / "http.html").read_text(encoding="utf-8")
    routes = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"]
    assert [route for route in routes if f"/tilscope{route}</code>" not in page] == []


def test_the_command_lines_reference_is_up_to_date() -> None:
    written = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    assert written == command_line(), "run: python -m tilscope.service.cli.documentation > docs/reference/cli.md"


def links(path: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s#]+)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            yield target


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "orthanc/README.md"])
def test_a_page_of_the_repository_links_to_files_that_are_there(name: str) -> None:
    page = ROOT / name
    for target in links(page):
        assert (page.parent / target).exists(), f"{name}: {target}"


def test_the_question_pages_are_one_question_each() -> None:
    """Each begins with its question as the only heading of its rank, and is short enough to be read."""
    questions = [path for path in (DOCS / "faq").glob("*.md") if path.name != "index.md"]
    assert len(questions) >= 11
    for page in questions:
        text = page.read_text(encoding="utf-8")
        headings = re.findall(r"^# (.+)$", text, re.MULTILINE)
        assert len(headings) == 1, page.name
        assert headings[0].endswith("?"), page.name
        assert len(text.split()) <= 330, f"{page.name} is long: {len(text.split())} words"


def test_the_citation_is_of_this_version() -> None:
    import tomllib

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]["text"]
    assert citation["authors"] == [{"name": "The TILscope developers"}]


def test_the_newest_release_of_the_change_log_is_this_version() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    releases = re.findall(r"^## (\S+) – (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert releases[0][0] == project["version"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for _, day in releases)
    assert sorted(releases, key=lambda release: release[1], reverse=True) == releases
