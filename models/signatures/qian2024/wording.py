"""How Qian et al. 2024 is called, cited and explained."""

from __future__ import annotations

from tilscope.models.signatures.plugin import GuideChapter

TITLE = "M2 macrophage radscore (Qian 2024)"
CITATION = "Qian H, et al. BMC Med Imaging 2024, doi 10.1186/s12880-024-01212-9"
PUBLISHED = "Published AUC in the test cohort (22 patients): 0.752 peritumoral, 0.678 intratumoral, 0.744 combined."

CHAPTER = GuideChapter(
    tells=(
        "whether the share of M2 macrophages, which go with a poor outcome, is high or low. The main score is of the "
        "ring of 5 mm around the tumour; those of the tumour and of both stand beside it."
    ),
    made=(
        "texture in 73 patients of The Cancer Imaging Archive; macrophages were estimated from gene expression, not "
        "counted."
    ),
    performance=(
        "area under the curve in the test cohort of 22 patients 0.752 around the tumour (95 % CI 0.525 to 0.957), "
        "0.678 in it (0.438 to 0.901), 0.744 combined (0.491 to 0.965)."
    ),
    source="Qian H et al. BMC Med Imaging 2024, doi 10.1186/s12880-024-01212-9",
    limits="a small test cohort, and intervals that come close to or include 0.5, which is chance.",
)
