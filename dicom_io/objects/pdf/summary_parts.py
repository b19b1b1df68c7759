"""The parts of the first page that are words and tables: warnings, measurements, what was checked, where it comes from."""

from __future__ import annotations

from reportlab.lib.enums import TA_RIGHT
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from tilscope.dicom_io.identity import MODEL_NAME
from tilscope.dicom_io.objects.pdf.page_frame import WIDTH
from tilscope.dicom_io.objects.pdf.page_letters import BOLD, plain
from tilscope.dicom_io.objects.pdf.page_style import (
    ALERT,
    BAND,
    BODY,
    BOXED,
    HEADING,
    NUMBER,
    RULED,
    SIDE_BY_SIDE,
    SMALL,
    SMALL_NUMBER,
    STRONG,
    style,
)
from tilscope.models.description.dictation import rules_in_words, told_parts
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality, after_injection
from tilscope.models.pictures.colours import lesion_colour
from tilscope.models.readable_findings import findings_in_words, scope_in_words
from tilscope.models.readable_numbers import digits, fixed, shown
from tilscope.models.result import LesionResult, SeriesResult, Verdict, unit_text

#: Between two tables side by side.
_GUTTER = 14.0
_WARNING, _FINDING = style("warning", 7.2), style("finding", 11, BOLD, BAND)


def scope(result: SeriesResult) -> list[Flowable]:
    """Which breast the page is about, where the exam imaged the other too."""
    words = scope_in_words(result)
    return [Paragraph(f"<b>{plain(words)}</b>", BODY), Spacer(0, 4)] if words else []


def finding(result: SeriesResult) -> list[Flowable]:
    """What kind of answer the page is, where it is no mass: above every picture and number."""
    if result.finding is Finding.MASS:
        return []
    whole, *regions = findings_in_words(result)
    # The size of each candidate stands in the table below.
    described = regions if result.finding.is_scored else ["Nothing is scored until a person says which is the lesion."]
    words = [Paragraph(f"<b>{plain(whole)}</b>", _FINDING), *(Paragraph(plain(one), BODY) for one in described)]
    return [*words, Spacer(0, 4)]


def warnings(result: SeriesResult) -> list[Flowable]:
    """In a box above everything that they are about."""
    if not result.warnings:
        return []
    lines = [Paragraph(f"<b>▲</b> {plain(finding.sentence)}", _WARNING) for finding in result.warnings]
    count = "1 warning" if len(lines) == 1 else f"{len(lines)} warnings"
    head = Paragraph(f"<b>Quality: {count}</b>", style("warned", 8, BOLD, ALERT))
    if len(lines) <= 2:
        rows, widths = [[head], *([line] for line in lines)], [WIDTH]
    else:
        pairs = [lines[n : n + 2] for n in range(0, len(lines), 2)]
        rows, widths = [[head, ""], *([*pair, ""][:2] for pair in pairs)], [WIDTH / 2] * 2
    return [Table(rows, widths, style=BOXED), Spacer(0, 5)]


def measurements(result: SeriesResult) -> list[Flowable]:
    """The lesions side by side, then the breast."""
    whose = result.segmentation.sentence
    count = max(1, len(result.lesions))
    left = WIDTH * (0.56 if count < 3 else 0.62 if count < 5 else 0.7)
    right = WIDTH - left - _GUTTER
    name_width = left * {1: 0.66, 2: 0.52, 3: 0.5, 4: 0.46}.get(count, 0.38)
    lesions = Table(_lesion_rows(result), [name_width, *[(left - name_width) / count] * count], style=RULED)
    breast = [[Paragraph(Laterality(result.laterality).whole, STRONG), ""]] + [
        [Paragraph(plain(m.name), BODY), Paragraph(plain(shown(m)), NUMBER)] for m in result.breast
    ]
    tables = [lesions, "", Table(breast, [right * 0.66, right * 0.34], style=RULED)]
    return [
        Paragraph("Measurements", HEADING),
        *([Paragraph(f"<b>✎ {plain(whose)}</b>", BODY)] if whose else []),
        Table([tables], [left, _GUTTER, right], style=SIDE_BY_SIDE),
    ]


def report_block(result: SeriesResult) -> list[Flowable]:
    """What a radiologist's report needs, a paragraph for each breast and each lesion."""
    parts = (" ".join(line.strip() for line in part if line).partition(":") for part in told_parts(result))
    told = [Paragraph(f"<b>{plain(about)}:</b>{plain(words)}", BODY) for about, _, words in parts]
    return [Paragraph("For the report", HEADING), *told] if told else []


def report_rules(result: SeriesResult) -> list[Flowable]:
    """What its words rest on."""
    rules = [Paragraph(plain(rule), SMALL) for rule in rules_in_words(result)]
    return [Paragraph("What the words of the report rest on", HEADING), *rules] if rules else []


def _lesion_rows(result: SeriesResult) -> list[list[Flowable]]:
    lesions = result.lesions
    many = len(lesions) > 2
    cell = SMALL_NUMBER if many else NUMBER
    kinds = {m.id: m for lesion in lesions for m in lesion.measurements}
    rows: list[list[Flowable]] = [
        [
            Paragraph(result.finding.region if many else "", STRONG),
            *(_title(n, lesion, result.finding, many) for n, lesion in enumerate(lesions)),
        ]
    ]
    for id, kind in kinds.items():
        found = [next((m for m in lesion.measurements if m.id == id), None) for lesion in lesions]
        # In narrow columns the unit is written once.
        unit = unit_text(kind.unit) if many else ""
        name = f"{kind.name}, {unit}" if unit else kind.name
        texts = ["" if m is None else digits(m) if many else shown(m) for m in found]
        rows.append([Paragraph(plain(name), BODY), *(Paragraph(plain(text), cell) for text in texts)])
    rows.append([Paragraph("Kinetic curve", BODY), *(Paragraph(plain(x.curve_type), cell) for x in lesions)])
    if result.segmentation.source != "drawn":  # a manual ROI has no confidence
        confident = [Paragraph(fixed(x.confidence, 2), cell) for x in lesions]
        rows.append([Paragraph("Segmenter's confidence", BODY), *confident])
    return rows


def _title(index: int, lesion: LesionResult, finding: Finding, short: bool) -> Paragraph:
    colour = "#{:02x}{:02x}{:02x}".format(*lesion_colour(index))
    side = Laterality(lesion.laterality).word
    name = str(lesion.number) if short else finding.label(lesion.number)
    words = f'<font color="{colour}">■</font> {name} <font color="#55616d">{side}</font>'
    return Paragraph(words, style("head", 6.4 if short else 7.4, BOLD, alignment=TA_RIGHT))


def quality(result: SeriesResult) -> list[Flowable]:
    """The quality gates that were passed."""
    passed = list(dict.fromkeys(f.code.replace("-", " ") for f in result.quality if f.verdict is Verdict.PASS))
    gates = f"{len(passed)} gates passed: {', '.join(passed)}." if passed else ""
    sentences = " ".join(filter(None, ["" if result.warnings else "No warning.", gates, result.not_checkable_in_words]))
    return [Paragraph("Quality", HEADING), Paragraph(plain(sentences), SMALL)] if sentences else []


def provenance(result: SeriesResult) -> list[Flowable]:
    phases = ", ".join(f"{p.number}{f' ({p.role})' if p.role else ''} {p.time_s:g} s" for p in result.phases)
    facts = [
        f"<b>Phases</b> (time {after_injection(result.time_zero_assumed)}) {plain(phases)}. "
        f"<b>Time zero</b> {plain(result.time_zero_in_words)}.",
        f"<b>{MODEL_NAME}</b> {plain(result.pipeline_version)}, segmenter {plain(result.segmenter)}. "
        f"<b>Settings</b> {plain(result.settings_hash)}. <b>Input</b> {plain(result.input_hash)}.",
        f"<b>Study</b> {plain(result.study_uid)}. <b>Series</b> {plain(', '.join(result.series_uids))}.",
    ]
    return [Paragraph("Provenance", HEADING), *(Paragraph(fact, SMALL) for fact in facts)]
