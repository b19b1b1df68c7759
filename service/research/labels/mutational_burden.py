"""Tumour mutational burden from a MAF file: how many nonsynonymous mutations a tumour has, as Wu 2018 counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tilscope.service.research.labels.cohort_tables import read_frame, some, unusable

#: The classes of MAF that change a protein.
NONSYNONYMOUS = (
    "Missense_Mutation", "Nonsense_Mutation", "Nonstop_Mutation", "Splice_Site", "Translation_Start_Site",
    "Frame_Shift_Del", "Frame_Shift_Ins", "In_Frame_Del", "In_Frame_Ins",
)  # fmt: skip
_SYNONYMOUS = (
    "Silent", "Intron", "RNA", "IGR", "3'UTR", "5'UTR", "3'Flank", "5'Flank", "Splice_Region", "Targeted_Region",
    "De_novo_Start_InFrame", "De_novo_Start_OutOfFrame", "lincRNA", "Unknown",
)  # fmt: skip
_SAMPLE, _CLASS = "Tumor_Sample_Barcode", "Variant_Classification"
_PLACE = ("Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2")


@dataclass(frozen=True)
class MutationCounts:
    """By sample. A sample that the file does not name is unknown, not free of mutations."""

    by_sample: dict[str, int]
    notes: tuple[str, ...]


def nonsynonymous_mutations(path: Path) -> MutationCounts:
    frame = read_frame(path)
    if missing := [name for name in (_SAMPLE, _CLASS) if name not in frame.columns]:
        raise unusable(path, f"a MAF file has the column {' and '.join(missing)}")
    if unknown := sorted(set(frame[_CLASS]) - {*NONSYNONYMOUS, *_SYNONYMOUS}):
        raise unusable(path, f"{some(unknown)} is no class of variants in MAF")
    notes = []
    if all(name in frame.columns for name in _PLACE):
        once = frame.drop_duplicates([_SAMPLE, *_PLACE])
        if len(once) < len(frame):
            notes.append(f"tmb: {len(frame) - len(once)} rows repeat a mutation and count once")
        frame = once
    counts = Counter(dict.fromkeys(frame[_SAMPLE], 0))
    counts.update(frame[_SAMPLE][frame[_CLASS].isin(NONSYNONYMOUS)])
    return MutationCounts(dict(counts), tuple(notes))
