"""How Fan et al. 2023 is called, cited and explained."""

from __future__ import annotations

from tilscope.models.signatures.plugin import GuideChapter

TITLE = "Tumour-stroma heterogeneity (Fan 2023)"
CITATION = "Fan M, et al. J Transl Med 2023, doi 10.1186/s12967-023-04748-6"
PUBLISHED = (
    "Published: the predicted group was associated with overall (p = 0.038) and recurrence-free survival (p = 0.0003)."
)

CHAPTER = GuideChapter(
    tells=(
        "whether the balance of cytotoxic lymphocytes between tumour and stroma is like that of patients with good or "
        "with poor survival."
    ),
    made=(
        "a random forest on six features of the tumour and of the stroma 20 mm around it, in 91 patients with gene "
        "expression."
    ),
    performance=(
        "the predicted group was associated with overall survival (p = 0.038) and recurrence-free survival (p = "
        "0.0003) in 241 patients."
    ),
    source="Fan M et al. J Transl Med 2023, doi 10.1186/s12967-023-04748-6",
    limits=(
        "the forest was not published. A score here comes from a forest that your site has trained, and the published "
        "figures do not speak for it."
    ),
)
