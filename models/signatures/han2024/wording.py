"""How Han et al. 2024 is called, cited and explained."""

from __future__ import annotations

from tilscope.models.signatures.plugin import GuideChapter

TITLE = "Microenvironment phenotype (Han 2024)"
CITATION = "Han X, et al. Breast Cancer Res 2024, doi 10.1186/s13058-024-01776-y"
PUBLISHED = "Published AUC 0.855 in discovery, 0.844 in validation, 0.814 for CD8 phenotypes, 0.784 for response."

CHAPTER = GuideChapter(
    tells=(
        "whether the tumour's surroundings are rich in immune cells (hot, immune-inflamed) or poor in them (cold, "
        "immune-desert)."
    ),
    made=(
        "a random forest on features of the tumour and of a ring from 2 mm inside to 2 mm outside its border, in 94 "
        "patients with gene expression."
    ),
    performance=(
        "area under the curve 0.855 in discovery (95 % CI 0.777 to 0.932), 0.844 in validation (0.606 to 1), 0.814 "
        "for phenotypes by CD8 cells (158 patients), 0.784 for response to immunotherapy (77 patients)."
    ),
    source="Han X et al. Breast Cancer Res 2024, doi 10.1186/s13058-024-01776-y",
    limits="as with the signature before, the forest was not published and a score comes from your site's own.",
)
