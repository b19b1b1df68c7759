"""A workbook as spreadsheet programs write it, small: shared texts, numbers, empty cells left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

Row = Sequence[str | float | None]


def write_workbook(path: Path, rows: Sequence[Row], sheet: str = "Sheet1", first: str = "") -> Path:
    """`first` names a sheet of other things before it."""
    shared: list[str] = []
    before = f'<sheet name="{first}" sheetId="1" r:id="rId7"/>' if first else ""
    with ZipFile(path, "w") as book:
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{before}'
            f'<sheet name="{sheet}" sheetId="2" r:id="rId2"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId2" Target="worksheets/sheet2.xml"/>'
            '<Relationship Id="rId7" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr("xl/worksheets/sheet1.xml", _sheet([["what this is"]], shared))
        book.writestr("xl/worksheets/sheet2.xml", _sheet(rows, shared))
        items = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{items}</sst>')
    return path


def _sheet(rows: Sequence[Row], shared: list[str]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = (_cell(f"{chr(ord('A') + column)}{number}", value, shared) for column, value in enumerate(row))
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(place: str, value: str | float | None, shared: list[str]) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return f'<c r="{place}"><v>{value}</v></c>'
    if value not in shared:
        shared.append(value)
    return f'<c r="{place}" t="s"><v>{shared.index(value)}</v></c>'
