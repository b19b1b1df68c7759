"""Han et al. 2024: the phenotype of the tumour's microenvironment, hot (immune-inflamed) or cold (immune-desert).

The paper's random forest and its twenty features of most weight are unpublished. Given in any case are brightness and
homogeneity of tumour and ring, which is how the paper itself reads its signature ("homogeneous and low-density").
"""

from __future__ import annotations

from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.models.signatures.han2024.feature_set import han_full
from tilscope.models.signatures.han2024.wording import CITATION, PUBLISHED, TITLE

GIVEN = {
    "han2024/T/early/original_firstorder_Mean": "Tumour: mean intensity",
    "han2024/T/early/original_firstorder_Entropy": "Tumour: first-order entropy",
    "han2024/T/early/original_glcm_Idm": "Tumour: GLCM inverse difference moment",
    "han2024/T/early/original_glcm_JointEntropy": "Tumour: GLCM joint entropy",
    "han2024/ring/early/original_firstorder_Mean": "Ring: mean intensity",
    "han2024/ring/early/original_firstorder_Entropy": "Ring: first-order entropy",
    "han2024/ring/early/original_glcm_Idm": "Ring: GLCM inverse difference moment",
    "han2024/ring/early/original_glcm_JointEntropy": "Ring: GLCM joint entropy",
}

PARAMETERS = (
    "Early phase (the paper names none), bias field of the pre-contrast image divided out, z-scored over the breast, times 100; "
    "1 mm isotropic along the patient's axes, linear, masks from a half on; bin width 25. Ring: from 2 mm inside to 2 mm outside the tumour's border, outside it inside the "
    "breast without skin and chest wall, without other lesions and without vessels (strings up to 5 mm thick, 10 mm long at least, "
    "that enhance by 70 % and are brighter than gland is before contrast). A forest may take any of 479 features of tumour or "
    "ring: 14 of shape, 93 of the original image and of Laplacians of Gaussians of 1, 2, 3 and 4 mm (which five image types is "
    "unstated), filtered on the lesion's box and 20 mm around it, in whole voxels as acquired. Regions of at least 16 voxels. "
    "Hot from the forest's own threshold on."
)

HAN_2024 = ForestSignature(
    id="han2024",
    title=TITLE,
    citation=CITATION,
    version="1",
    published=PUBLISHED,
    parameters=PARAMETERS,
    features=han_full(),
    given=GIVEN,
    score=("tme_hot", "Estimated probability of the hot phenotype (imaging)", "1"),
    classes=("hot", "cold"),
)
