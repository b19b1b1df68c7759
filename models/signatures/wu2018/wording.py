"""How Wu et al. 2018 is called, cited and explained."""

from __future__ import annotations

from tilscope.models.signatures.plugin import GuideChapter

TITLE = "Estimated stromal TILs (Wu 2018)"
CITATION = "Wu J, et al. Breast Cancer Res 2018;20:101"
PUBLISHED = (
    "Published r = 0.40 with the counted percentage, 0.62 for the composite; AUC of the composite 0.94 low "
    "against high, 0.76 intermediate against high, 0.79 low against intermediate."
)

CHAPTER = GuideChapter(
    tells=(
        "an estimate of the percentage of the stroma that is taken up by lymphocytes (TILs). The classes low, "
        "intermediate and high have the borders of the reference, which are not the 10 and 40 % of pathologists: an "
        "estimate keeps closer to the mean than what it estimates."
    ),
    made=(
        "17 features of tumour and parenchyma in 126 patients of The Cancer Genome Atlas, TILs counted on stained "
        "sections. Five features are in the formula: tumour volume, texture of SER, SER of the parenchyma near the "
        "tumour, volume and share of enhancing parenchyma."
    ),
    performance=(
        "correlation with the counted percentage 0.40 (95 % CI 0.24 to 0.54). With the tumour's cytolytic activity "
        "from gene expression beside it 0.62, and areas under the curve of 0.94 (low against high), 0.76 "
        "(intermediate against high) and 0.79 (low against intermediate)."
    ),
    source="Wu J et al. Breast Cancer Res 2018;20:101",
    limits=(
        "a correlation of 0.40 explains about a sixth of the variance. The areas under the curve belong to the "
        "formula with gene expression, not to imaging alone. A value below 0 or above 100 is shown as it is and "
        "called outside the model's range; below 0 its class is low, above 100 it has none."
    ),
)
