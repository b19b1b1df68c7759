"""docs/vetting.md, from the rows of all oracles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vetting.rows import Row

_HEAD = """# What vouches for each feature

Made by `make vetting`. One line for each feature, setting and oracle that owes nothing to this program: the digital phantom of the
Image Biomarker Standardisation Initiative (Zwanenburg 2020, doi 10.1148/radiol.2020191145), whose values many teams agree on and which is
told in three digits, and pyradiomics 3.0.1, which the papers used. Our own results of earlier versions vouch for nothing and are not
here. The tests compare many more regions than these with pyradiomics, random ones among them (`tests/models/features/test_extract.py`).
"""


def page_of(rows: Sequence[Row]) -> str:
    return "\n".join([_HEAD, *_counts(rows), *_tables(rows)])


def _counts(rows: Sequence[Row]) -> Iterator[str]:
    features = {row.feature for row in rows}
    yield f"{len(features)} features, {len(rows)} lines: {sum(row.agrees for row in rows)} pass, the others say why.\n"


def _tables(rows: Sequence[Row]) -> Iterator[str]:
    for oracle, setting in dict.fromkeys((row.oracle, row.setting) for row in rows):
        yield f"## {oracle}: {setting}\n"
        yield "| feature | value | reference | tolerance | verdict |\n|---|---|---|---|---|"
        yield from _lines(row for row in rows if (row.oracle, row.setting) == (oracle, setting))
        yield ""


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield f"| `{row.feature}` | {row.value:.6g} | {row.reference:.6g} | {row.tolerance:.2g} | {row.verdict} |"
