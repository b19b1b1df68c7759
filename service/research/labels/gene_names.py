"""One name for a gene, however a table writes it, and what else the names of a table may be."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tilscope.service.research.labels.published_genes import FORMER_SYMBOLS, SYMBOL_OF_ENSEMBL

_ENSEMBL = re.compile(r"(ENSG\d{11})(\.\d+)?(_PAR_Y)?", re.IGNORECASE)

#: What a column of genes may hold instead of human symbols or Ensembl ids; each with what to do.
_OTHER_NAMES = (
    (re.compile(r"\d+"), "numbers (Entrez ids?): give gene symbols or Ensembl ids"),
    (re.compile(r"ENSMUSG\d+.*"), "Ensembl ids of the mouse"),
    (re.compile(r"ENST\d+.*"), "Ensembl transcripts: sum them up to genes"),
    (re.compile(r".+_(?:[asx]_)?at|ILMN_\d+|A_\d+_P\d+"), "probes of an array: map them to gene symbols"),
    (re.compile(r"[A-Z][a-z]+[a-z0-9-]*"), "symbols as the mouse's are written"),
)

#: What spreadsheets make of MARCH1 and SEPT2.
_DATE = re.compile(
    r"\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(?:Mar|Sep|Dec)-\d{1,2}", re.IGNORECASE
)


def gene_name(written: str) -> str:
    """A gene's symbol of today; an Ensembl id without its version where no formula of ours needs the gene.

    >>> gene_name("ENSG00000145649.8"), gene_name("ENSG00000000003.15"), gene_name("GZMA|3001"), gene_name("SDPR")
    ('GZMA', 'ENSG00000000003', 'GZMA', 'CAVIN2')
    """
    name = written.strip().partition("|")[0]
    if found := _ENSEMBL.fullmatch(name):
        number = found[1].upper()
        return SYMBOL_OF_ENSEMBL.get(number, number)
    return FORMER_SYMBOLS.get(name.upper(), name)


def is_ensembl(written: str) -> bool:
    return _ENSEMBL.fullmatch(written.strip()) is not None


def looks_like_a_gene(written: str, known: Collection[str]) -> bool:
    """Whether it is one of the known genes, or an Ensembl id."""
    return is_ensembl(written) or gene_name(written) in known


def other_names(names: Sequence[str]) -> str:
    """What most of these are instead of human genes, and what to do; '' where it cannot be told."""
    for pattern, words in _OTHER_NAMES:
        if sum(pattern.fullmatch(name.strip()) is not None for name in names) > len(names) / 2:
            return words
    return ""


def turned_into_dates(names: Sequence[str]) -> list[str]:
    """Names that a spreadsheet has taken for dates.

    >>> turned_into_dates(["1-Mar", "GZMA", "Sep-02"])
    ['1-Mar', 'Sep-02']
    """
    return [name for name in names if _DATE.fullmatch(name.strip())]
