"""How Su et al. 2022 is called, cited and explained."""

from __future__ import annotations

from tilscope.models.signatures.plugin import GuideChapter

TITLE = "Rad-TILs (Su 2022)"
CITATION = "Su GH, et al. J Transl Med 2022;20:471"
PUBLISHED = "Published AUC 0.868 in training (98 patients) and 0.790 in validation (41), all triple-negative."

CHAPTER = GuideChapter(
    tells="the probability that stromal TILs are 20 % or more.",
    made=(
        "three features of texture and of its course over the phases, in 139 patients with triple-negative cancer (98 "
        "for training, 41 for validation), TILs read by pathologists."
    ),
    performance="area under the curve 0.868 in training and 0.790 in validation (95 % CI 0.638 to 0.943).",
    source="Su GH et al. J Transl Med 2022;20:471",
    limits=(
        "validated in triple-negative cancer of a single centre only; of any other, and where the receptor status was not supplied, its number is "
        'marked "no result". It needs three phases after contrast at least. '
        "The paper's cut-off is not published: high and low are above and below the median of the reference."
    ),
)
