"""OHIF in Chromium as a person uses it: opened by its address, scrolled by keys, read off the screen.

Nothing is asked of OHIF's own script. Where a point of the patient must lie on the screen follows from the DICOM headers
and from one fact about the viewer: it fits an image into its window and puts the middle on the middle.
"""

from __future__ import annotations

import io
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from orthanc_server import PATIENCE_S, OrthancServer
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from pydicom import Dataset

CHROMIUM = shutil.which("chromium")
OUTPUT = Path(__file__).resolve().parent / "output"
#: WebGL without a graphics card; nothing that Chromium does by itself on a network.
SWITCHES = (
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WINDOW = {"width": 1400, "height": 900}
#: Addresses that lead to no network. Chromium shows a PDF by a page of its own.
INSIDE = ("blob:", "data:", "chrome:", "chrome-extension:")

Picture = npt.NDArray[np.int16]
Points = npt.NDArray[np.float64]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class ViewerPage:
    """One visit. `strangers` are the addresses that were asked for outside this Orthanc; `errors` are what no script caught,
    what was not served, and what the page's policy forbade. OHIF's own complaints are not ours to judge.
    """

    page: Page
    orthanc: OrthancServer
    by_frame: bool = False
    """The images are frames of one instance."""
    strangers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, study_uid: str) -> None:
        """The address that the demo prints."""
        self.page.goto(f"{self.orthanc.url}/tilscope/viewer/open/{study_uid}")
        self.page.get_by_text("Confirm and hide").click()

    def show(self, series: str) -> None:
        """The series whose description begins so, by a double click on its thumbnail."""
        until(lambda: self.instance_shown() > 0, "an image is shown")  # what comes first would take its place again
        self.page.get_by_text(series).first.dblclick()

    def keep(self, name: str) -> Path:
        """What a person sees now, as a file."""
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    # ---------------------------------------------------------------------------------------------------- images

    def instance_shown(self) -> int:
        """The instance number in the corner of the image, or the frame's of a multi-frame instance; 0 while there is none."""
        number, place, _ = self._place()
        return place if self.by_frame else number

    def scroll_to(self, instance: int) -> None:
        """By keys to the image with this number: half of the way at a time, for keys may still be on their way, or get lost.

        A volume may be shown from its last image to its first.
        """
        until(lambda: self.instance_shown() > 0, "an image is shown")

        def arrived() -> bool:
            if (before := self.instance_shown()) == instance:
                return True
            forth, back = ("ArrowUp", "ArrowDown") if self._falling() else ("ArrowDown", "ArrowUp")
            self.page.locator("canvas.cornerstone-canvas").first.hover()
            for _ in range(max(1, abs(instance - before) // 2)):
                self.page.keyboard.press(forth if before < instance else back)
            self._leaves(before)
            return False

        until(arrived, f"image {instance}")

    def reset_view(self) -> None:
        """Turning, zoom and shift undone, by the viewer's own key. On a busy machine it once showed an image turned by 90 degrees."""
        self.page.locator("canvas.cornerstone-canvas").first.hover()
        self.page.keyboard.press("Space")

    def _leaves(self, before: int) -> None:
        """Waits for another image than this; not for ever, for a viewer that was still being built has not heard the keys."""
        patient_until = time.monotonic() + 10
        while self.instance_shown() == before and time.monotonic() < patient_until:
            time.sleep(0.1)
        time.sleep(0.3)

    def _falling(self) -> bool:
        """The first place does not show the first instance."""
        number, place, count = self._place()
        return not self.by_frame and number != place and number == count + 1 - place

    def _place(self) -> tuple[int, int, int]:
        """As the corner of the image says: the instance's number, which one this is, of how many."""
        found = re.search(r"I:\s*(\d+) \((\d+)/(\d+)\)", self.page.inner_text("body"))
        return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)

    def picture(self) -> Picture:
        """The image's window as red, green, blue, once it stands still."""
        screen = self.screen()
        # Only now: a panel that opens beside the image moves it.
        box = self.page.locator("canvas.cornerstone-canvas").first.bounding_box()
        assert box is not None
        left, top = round(box["x"]), round(box["y"])
        return screen[top : top + round(box["height"]), left : left + round(box["width"])]

    def screen(self) -> Picture:
        """All that is seen, once it stands still."""
        last: list[bytes] = [b""]

        def still() -> bytes | None:
            time.sleep(0.7)
            seen = self.page.screenshot()
            same, last[0] = seen == last[0], seen
            return seen if same else None

        return np.asarray(Image.open(io.BytesIO(until(still, "the screen stands still"))).convert("RGB"), np.int16)


#: OHIF's own words for an image that comes when something else has taken its place, as the page does a moment after it
#: opened: nobody sees it, and whether it happens is a matter of milliseconds.
LATE = "The stack viewport has been destroyed and is no longer usable"


@contextmanager
def visit(browser: Browser, orthanc: OrthancServer) -> Iterator[ViewerPage]:
    """A browser with nothing in its memory, that knows the password and reaches this Orthanc alone.

    At the end it must have asked nobody else, and without an error.
    """
    credentials: Any = {"username": orthanc.user, "password": orthanc.password, "origin": orthanc.url}
    context = browser.new_context(viewport=WINDOW, http_credentials=credentials)
    context.set_default_timeout(1000 * PATIENCE_S)
    shown = ViewerPage(context.new_page(), orthanc)
    own = (f"{orthanc.url}/", *INSIDE)
    context.route(lambda address: not address.startswith(own), lambda route: route.abort())
    shown.page.on("request", lambda asked: None if asked.url.startswith(own) else shown.strangers.append(asked.url))
    shown.page.on("pageerror", lambda error: None if LATE in str(error) else shown.errors.append(str(error)))
    shown.page.on("response", lambda answer: shown.errors.append(answer.url) if answer.status >= 400 else None)
    shown.page.on("console", lambda said: shown.errors.append(said.text) if "Security Policy" in said.text else None)
    try:
        yield shown
    finally:
        context.close()
    assert not shown.strangers, shown.strangers
    assert not shown.errors, shown.errors


def until(look: Callable[[], Any], what: str) -> Any:
    """The first answer that is not None or False. It asks more seldom than `eventually`: each look goes through the browser."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = look()
        if answer is not None and answer is not False:
            return answer
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.1)


def on_screen(image: Dataset, points_mm: Points, picture: Picture) -> Points:
    """Where points of the patient (n, 3) lie in the picture of this image: x and y, (n, 2)."""
    along_row, along_column = np.reshape(np.asarray(image.ImageOrientationPatient, float), (2, 3))
    down, across = (float(value) for value in image.PixelSpacing)
    offset = points_mm - np.asarray(image.ImagePositionPatient, float)
    # Millimetres from the image's middle; its position is that of the middle of the first pixel.
    x = offset @ along_row - (image.Columns - 1) / 2 * across
    y = offset @ along_column - (image.Rows - 1) / 2 * down
    height, width = picture.shape[:2]
    scale = min(width / (image.Columns * across), height / (image.Rows * down))
    return np.stack([width / 2 + scale * x, height / 2 + scale * y], axis=1)


def in_colour(picture: Picture, colour: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Where a translucent layer of this colour lies over grey: its hue is there, however bright the image below."""
    hue = np.asarray(colour, float) - np.mean(colour)
    seen = picture - picture.mean(axis=2, keepdims=True)
    strength = np.linalg.norm(seen, axis=2)
    likeness = (seen @ hue) / np.maximum(strength * np.linalg.norm(hue), 1e-9)
    return np.asarray((strength > 15) & (likeness > 0.95))
