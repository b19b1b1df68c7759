"""A demonstration's hospital with the viewer, and the browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from integration.hospital import Hospital
from orthanc_server import ROOT, eventually

from tilscope.service.demo.demo_artefacts import install

if TYPE_CHECKING:
    from browser.viewer_in_chromium import ViewerPage

VIEWER = ROOT / ".cache" / "viewer"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """With the demo's references and models, so that there are scores to see; with the viewer where it is installed."""
    folder = tmp_path_factory.mktemp("hospital")
    install(folder / "tilscope")
    keys = {"Viewer": str(VIEWER)} if (VIEWER / "index.html").exists() else {}
    with Hospital(folder, Demo=True, **keys) as running:
        eventually(running.service_answers, "the service answers behind Orthanc")
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    pytest.importorskip("playwright", reason="playwright is not installed: docker/install.sh")
    from browser.viewer_in_chromium import CHROMIUM, chromium

    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: docker/install.sh --viewer")
    with chromium() as running:
        yield running


@pytest.fixture
def shown(browser: Any, hospital: Hospital) -> Iterator[ViewerPage]:
    """A visit to pages of our own: nothing at all may be complained of in the console."""
    from browser.viewer_in_chromium import visit

    with visit(browser, hospital) as shown:
        shown.page.on("console", lambda said: shown.errors.append(said.text) if said.type == "error" else None)
        yield shown
