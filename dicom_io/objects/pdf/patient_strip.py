"""Whose page it is: name, number and dates, each in its box whatever its length and script."""

from __future__ import annotations

from pydicom import Dataset
from reportlab.platypus import Flowable, Paragraph, Table

from tilscope.dicom_io.dce.values import readable_name
from tilscope.dicom_io.objects.pdf.page_frame import WIDTH, shortened
from tilscope.dicom_io.objects.pdf.page_letters import BOLD, plain, width_of
from tilscope.dicom_io.objects.pdf.page_style import PALE, SMALL, TIGHT, style
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import SeriesResult

_NAME_SIZE, _FACT_SIZE, _LEAST_SIZE = 11.0, 7.4, 4.6
_PADDING = 4.0
#: In the foot of a page, each.
_SHORT = 96.0


def patient_strip(header: Dataset, result: SeriesResult) -> Flowable:
    name = readable_name(str(header.get("PatientName") or ""))
    facts = [
        ("Patient", name or "no name", 0.3, _NAME_SIZE),
        ("ID", str(header.get("PatientID") or "") or "none", 0.2, _FACT_SIZE),
        ("Born", date(header.get("PatientBirthDate")) or "not given", 0.115, _FACT_SIZE),
        ("Study", date(header.get("StudyDate")) or "not given", 0.115, _FACT_SIZE),
        ("Accession", str(header.get("AccessionNumber") or "") or "none", 0.14, _FACT_SIZE),
        ("Imaged", Laterality(result.exam_laterality).breasts, 0.13, _FACT_SIZE),
    ]
    cells = [
        [Paragraph(label, SMALL) for label, *_ in facts],
        [fitted(text, share * WIDTH - 2 * _PADDING - 1, size) for _, text, share, size in facts],
    ]
    ruled = [
        *TIGHT,
        ("BACKGROUND", (0, 0), (-1, -1), PALE),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
        ("VALIGN", (0, 1), (-1, 1), "TOP"),
    ]
    return Table(cells, [share * WIDTH for *_, share, _ in facts], style=ruled)


def short_identity(header: Dataset) -> str:
    """One short line for the foot of every page."""
    name = readable_name(str(header.get("PatientName") or "").partition("=")[0])
    facts = (name, str(header.get("PatientID") or ""), date(header.get("StudyDate")))
    return " · ".join(shortened(fact, _SHORT) for fact in facts if fact)


def date(value: object) -> str:
    text = str(value or "")
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else ""


def fitted(text: str, width: float, size: float) -> list[Paragraph]:
    """In bold on one line or two, smaller rather than longer; a word is broken only where no size holds it."""
    sizes = [size - 0.4 * n for n in range(int((size - _LEAST_SIZE) / 0.4) + 1)]
    whole = (s for s in sizes if all(width_of(word, s, True) <= width for word in text.split()))
    chosen = next((s for s in whole if len(_broken(text, width, s)) <= 2), None)
    if chosen is None:
        chosen = next((s for s in sizes if len(_broken(text, width, s)) <= 3), sizes[-1])
    # Broken before right-to-left letters are turned: each line must hold what is read first.
    shape = style("fitted", chosen, BOLD)
    return [Paragraph(plain(line), shape) for line in _broken(text, width, chosen)]


def _broken(text: str, width: float, size: float) -> list[str]:
    """Into lines at spaces, or within a word that no line holds."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size, True) <= width:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if width_of(lines[-1] + letter, size, True) > width:
                lines.append("")
            lines[-1] += letter
    return [line for line in lines if line]
