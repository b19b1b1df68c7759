"""Tables that data sets are published with: the cells of an Office Open XML workbook (ECMA-376, part 1, 18.3), or of a CSV.

A reader of our own, of text and numbers in one sheet, spares every installation a library that two importers need.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from tilscope.models.refusals import BadInput

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def rows_of(path: Path, sheet: str = "") -> list[Mapping[str, str]]:
    """The rows of a table by the names in its first row, every cell as text.

    Parameters
    ----------
    path : Path
        A workbook, or a CSV in UTF-8.
    sheet : str
        Of a workbook; its first one where there is none of that name.

    Raises
    ------
    BadInput
        `unusable-table`.
    """
    try:
        if path.suffix.lower() == ".csv":
            return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        with ZipFile(path) as book:
            lines = list(_lines(book, sheet))
    except (OSError, ValueError, KeyError, IndexError, BadZipFile, ElementTree.ParseError) as problem:
        raise BadInput("unusable-table", path=path, problem=str(problem) or type(problem).__name__) from problem
    names = lines[0] if lines else {}
    return [{name: line.get(column, "") for column, name in names.items()} for line in lines[1:]]


def _lines(book: ZipFile, sheet: str) -> Iterator[dict[str, str]]:
    """Each row as its cells by the letters of their columns."""
    shared = _shared_texts(book)
    for row in _parsed(book, _place_of(book, sheet)).iter(f"{_MAIN}row"):
        cells = {re.sub(r"\d", "", cell.get("r", "")): _text(cell, shared) for cell in row.iter(f"{_MAIN}c")}
        if any(cells.values()):
            yield cells


def _place_of(book: ZipFile, sheet: str) -> str:
    """The part that holds a sheet."""
    sheets = {one.get("name", ""): one.get(_RELATION) for one in _parsed(book, "xl/workbook.xml").iter(f"{_MAIN}sheet")}
    wanted = sheets.get(sheet) or next(iter(sheets.values()))
    for relation in _parsed(book, "xl/_rels/workbook.xml.rels"):
        if relation.get("Id") == wanted:
            target = relation.get("Target", "")
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(f"no sheet {sheet}")


def _shared_texts(book: ZipFile) -> list[str]:
    """Most workbooks keep each text once, and cells name it by its number."""
    part = "xl/sharedStrings.xml"
    if part not in book.namelist():
        return []
    return ["".join(t.text or "" for t in one.iter(f"{_MAIN}t")) for one in _parsed(book, part).iter(f"{_MAIN}si")]


def _text(cell: ElementTree.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{_MAIN}t"))
    value = cell.findtext(f"{_MAIN}v") or ""
    return shared[int(value)] if cell.get("t") == "s" else value


def _parsed(book: ZipFile, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(part))
