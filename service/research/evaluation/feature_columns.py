"""Where a table of a cohort holds a signature's score and its features: tables of scores and of features name them each in their way."""

from __future__ import annotations

from collections.abc import Container, Iterable

from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.linear import LinearSignature
from tilscope.models.signatures.su2022.model import SU_2022

#: What Su's three are called among the 6,710.
_OF_SU = {
    "X1": "su2022/T/P1/wavelet-LLL_firstorder_Skewness",
    "X2": "su2022/T/Skewness/wavelet-LLL_glcm_Idmn",
    "X3": "su2022/T/Skewness/original_glszm_LowGrayLevelZoneEmphasis",
}


def score_column(signature: Signature, columns: Container[str]) -> str:
    """'' where the table holds no score of it."""
    id = signature.measurement_ids[0]
    names = (id, f"{signature.id}_{id}", f"{signature.id}/{id}", f"{signature.id}_score", signature.id)
    return next((name for name in names if name in columns), "")


def feature_columns(signature: Signature, ids: Iterable[str], columns: Container[str]) -> dict[str, str]:
    """By the ids of features, the columns that hold them; what the table lacks is left out."""
    complete = _names_in_complete_set(signature)
    found = {}
    for id in ids:
        plain = id.removeprefix(RADIOMICS_MARK)
        names = (id, plain, f"{signature.id}/{id}", f"{signature.id}_{id}", complete.get(id, ""))
        if name := next((name for name in names if name in columns), ""):
            found[id] = name
    return found


def _names_in_complete_set(signature: Signature) -> dict[str, str]:
    """Of features that a formula gives a short name, the name in the set that the paper computed."""
    if signature.id == SU_2022.id:
        return _OF_SU
    if not isinstance(signature, LinearSignature):
        return {}
    by_request = {request: name for name, request in signature.features.items()}
    return {one.id: by_request[one.wanted] for one in signature.radiomics if one.wanted in by_request}
