"""What PixelMed's validators say of reports, key objects and segmentations; one run of Java for all files.

Its tables know templates, which dciodvfy's do not; of the other classes of ours it knows none.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydicom.uid import (
    BasicTextSRStorage,
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    KeyObjectSelectionDocumentStorage,
    SegmentationStorage,
)

#: The classes that it knows.
KNOWN = {
    BasicTextSRStorage,
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    KeyObjectSelectionDocumentStorage,
    SegmentationStorage,
}
_JARS = Path("/usr/share/java")
_JUDGE = Path(__file__).with_name("PixelMedJudge.java")
#: The templates are checked by one large stylesheet: Xalan interprets it, where Java 21's own compiler of stylesheets runs
#: out of 3 GB. XPath is bounded by Java since 17 below what a report needs.
_OPTIONS = (
    "-Xmx3g",
    "-Xss64m",
    "-Djavax.xml.transform.TransformerFactory=org.apache.xalan.processor.TransformerFactoryImpl",
    *(f"-Djdk.xml.{limit}=0" for limit in ("xpathExprOpLimit", "xpathTotalOpLimit", "xpathExprGrpLimit")),
)


def is_installed() -> bool:
    return all((_JARS / jar).exists() for jar in ("pixelmed.jar", "xalan2.jar")) and shutil.which("java") is not None


@cache
def complaints(paths: tuple[Path, ...]) -> dict[Path, list[str]]:
    """Its errors and warnings of each file."""
    command = ["java", *_OPTIONS, "-cp", f"{_JARS / 'pixelmed.jar'}:{_JARS}/*", _JUDGE, *paths]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    blocks = [block.partition("\n") for block in said.split("FILE ")[1:]]
    assert [Path(name) for name, _, _ in blocks] == list(paths)
    for name, _, text in blocks:
        assert "validation complete" in text, f"{name}: {text}"
    return {Path(name): _lines(text.splitlines()) for name, _, text in blocks}


def _lines(said: Sequence[str]) -> list[str]:
    return [line for line in said if line.startswith(("Error", "Warning"))]
