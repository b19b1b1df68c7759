"""Qian et al. 2024: radscores of M2 macrophages in the tumour and in the 5 mm around it (table 2 of the paper).

A radscore is the sum of coefficients times z-scored features; the paper publishes neither an intercept nor the cohort's
means and SDs. The peritumoral model is the main one: the paper calls it the best, and it was in the test cohort.
"""

from __future__ import annotations

from tilscope.models.features import Region
from tilscope.models.features.sets import intensity
from tilscope.models.signatures.linear import LinearModel, LinearSignature
from tilscope.models.signatures.qian2024.feature_set import QIAN_IMAGE, qian_full
from tilscope.models.signatures.qian2024.wording import CITATION, PUBLISHED, TITLE
from tilscope.models.signatures.radiomic import RadiomicFeature

PERITUMORAL = {
    "QP1": -0.481, "QP2": -0.350, "QP3": -0.186, "QP4": -0.098,
    "QP5": -0.064, "QP6": 0.071, "QP7": 0.093, "QP8": 0.597,
}  # fmt: skip
INTRATUMORAL = {"QT1": 0.389}
COMBINED = {
    "QP1": -1.071, "QP3": -0.464, "QP2": -0.409, "QP5": -0.168, "QP4": -0.155,
    "QP6": 0.132, "QT1": 0.231, "QP7": 0.257, "QP8": 0.784,
}  # fmt: skip

PARAMETERS = (
    "First post-contrast phase, bias field of the pre-contrast image divided out, intensities as measured (the paper names no "
    "normalisation); 1 mm isotropic along the patient's axes, linear, masks from a half on; letters of wavelets for left, back and "
    "head, local binary patterns in axial slices. Ring: 5 mm outside the tumour, inside the breast without skin and chest wall, "
    "without other lesions and without vessels (strings up to 5 mm thick, 10 mm long at least, that enhance by 70 % and are "
    "brighter than gland is before contrast). Filters on the lesion's box and 20 mm around it, in whole voxels as acquired; coif1 "
    "wavelet; square and square root scale by the greatest value there. Bin width 25, for local binary patterns 1 (8 "
    "neighbours, radius 1, uniform). Regions of at least 16 voxels. Features z-scored by the reference, no intercept. Main "
    "score: peritumoral. High above the reference's median, low at it and below."
)


def _feature(id: str, name: str, region: Region, filter: str, feature: str) -> RadiomicFeature:
    (wanted,) = (w for n, w in intensity("", "", QIAN_IMAGE, (filter,), region).items() if n.endswith(f"_{feature}"))
    return RadiomicFeature(id, name, wanted)


# fmt: off
RADIOMICS = (
    _feature("QP1", "Ring, square: first-order minimum", Region.RING_5, "square", "firstorder_Minimum"),
    _feature("QP2", "Ring, wavelet LLH: first-order skewness", Region.RING_5, "wavelet-LLH", "firstorder_Skewness"),
    _feature("QP3", "Ring, local binary patterns: GLSZM zone variance", Region.RING_5, "lbp-2D", "glszm_ZoneVariance"),
    _feature("QP4", "Ring, wavelet LLL: 10th percentile", Region.RING_5, "wavelet-LLL", "firstorder_10Percentile"),
    _feature("QP5", "Ring, square root: 10th percentile", Region.RING_5, "squareroot", "firstorder_10Percentile"),
    _feature("QP6", "Ring, wavelet HLH: GLDM dependence variance", Region.RING_5, "wavelet-HLH", "gldm_DependenceVariance"),
    _feature("QP7", "Ring, wavelet LLH: first-order kurtosis", Region.RING_5, "wavelet-LLH", "firstorder_Kurtosis"),
    _feature("QP8", "Ring, wavelet LLH: GLRLM long run emphasis", Region.RING_5, "wavelet-LLH", "glrlm_LongRunEmphasis"),
    _feature("QT1", "Tumour, wavelet HLL: GLRLM run variance", Region.TUMOUR, "wavelet-HLL", "glrlm_RunVariance"),
)
# fmt: on

QIAN_2024 = LinearSignature(
    id="qian2024",
    title=TITLE,
    citation=CITATION,
    version="1",
    published=PUBLISHED,
    parameters=PARAMETERS,
    radiomics=RADIOMICS,
    models=(
        LinearModel("qian_peritumoral", "Estimated M2 radscore (peritumoral)", PERITUMORAL),
        LinearModel("qian_intratumoral", "Estimated M2 radscore (intratumoral)", INTRATUMORAL),
        LinearModel("qian_combined", "Estimated M2 radscore (combined)", COMBINED),
    ),
    features=qian_full(),
)
