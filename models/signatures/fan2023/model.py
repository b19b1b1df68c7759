"""Fan et al. 2023: tumour-stroma heterogeneity, the good or the poor survival group.

The paper's random forest on six of 572 features is unpublished. It contradicts itself on the sign of flatness: its
discussion associates high flatness with poor survival, its figures 7b and S2 with good; no direction is printed here.

Nor does it say in which image the stroma's two were measured. Figure 7a shows "IDMN features in precontrast images", and so
does figure S2, while the tumour's Idmn is of the post-contrast image: so the stroma's are taken as those before contrast. The
other reading, of the enhancement as in the tumour, is given beside them.
"""

from __future__ import annotations

from tilscope.models.signatures.fan2023.feature_set import fan_572
from tilscope.models.signatures.fan2023.wording import CITATION, PUBLISHED, TITLE
from tilscope.models.signatures.forest_signature import ForestSignature

#: The paper's six, in the order of its text.
SIX = {
    "fan2023/T/original_shape_Flatness": "Tumour flatness (0.8 × 0.8 × 2 mm voxels)",
    "fan2023/T/original_shape_Sphericity": "Tumour sphericity (0.8 × 0.8 × 2 mm voxels)",
    "fan2023/T/S0/original_glrlm_LongRunHighGrayLevelEmphasis": "Tumour before contrast: GLRLM long run high gray level emphasis",
    "fan2023/T/SI/original_glcm_Idmn": "Tumour enhancement: GLCM Idmn",
    "fan2023/stroma/S0/original_glcm_Idmn": "Stroma before contrast: GLCM Idmn",
    "fan2023/stroma/S0/original_glszm_GrayLevelNonUniformity": "Stroma before contrast: GLSZM gray level non-uniformity",
}
#: The stroma's two as the paper may also be read.
OTHER_READING = {
    "fan2023/stroma/SI/original_glcm_Idmn": "Stroma enhancement: GLCM Idmn",
    "fan2023/stroma/SI/original_glszm_GrayLevelNonUniformity": "Stroma enhancement: GLSZM gray level non-uniformity",
}

PARAMETERS = (
    "Bias field of the pre-contrast image divided out; every phase over the mean of the pre-contrast parenchyma on the tumour's "
    "side; 0.8 x 0.8 x 2 mm along the patient's axes, linear, masks from a half on. S0 before contrast, SI the middle post-contrast phase (of an even "
    "number the earlier) minus S0, SL the last minus S0. Stroma: 20 mm outside the tumour, inside the breast without skin and "
    "chest wall, without other lesions; vessels are not taken out. The paper's post-contrast image of the tumour is taken as SI; "
    "the stroma pair as S0, with SI as the other reading. Bin width 0.05 of the parenchyma's mean (unstated). Regions of at least 16 voxels. Good from 0.5 on."
)

FAN_2023 = ForestSignature(
    id="fan2023",
    title=TITLE,
    citation=CITATION,
    version="1",
    published=PUBLISHED,
    parameters=PARAMETERS,
    features=fan_572(),
    given=SIX | OTHER_READING,
    score=("tsh_good", "Estimated probability of the good-survival TSH group (imaging)", "1"),
    classes=("good", "poor"),
    threshold=0.5,
)
