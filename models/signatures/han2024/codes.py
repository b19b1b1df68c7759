"""What Han et al. 2024 is called in DICOM: the signature, its classes, its scores and features."""

from __future__ import annotations

from tilscope.models.signatures.codes import TILSCOPE_SCHEME, CodeRow, SignatureCodes

# fmt: off
CODES = SignatureCodes(
    finding=CodeRow("SIG_HAN2024", "Han 2024: microenvironment phenotype, hot or cold", "", "The signature as a finding."),
    measurements={
        "tme_hot": CodeRow("TME_HOT", "Estimated probability of the hot phenotype (imaging)", "1", "Of an installed forest."),
        "radiomics:han2024/T/early/original_firstorder_Mean": CodeRow("HAN_T_MEAN", "Mean z-scored intensity of tumour, early phase", "1", "Times 100."),
        "radiomics:han2024/T/early/original_firstorder_Entropy": CodeRow("HAN_T_ENTROPY", "First-order entropy of tumour, early phase", "1", "Of z-scored intensity."),
        "radiomics:han2024/T/early/original_glcm_Idm": CodeRow("HAN_T_IDM", "GLCM inverse difference moment of tumour, early phase", "1", "Of z-scored intensity."),
        "radiomics:han2024/T/early/original_glcm_JointEntropy": CodeRow("HAN_T_JENTROPY", "GLCM joint entropy of tumour, early phase", "1", "Of z-scored intensity."),
        "radiomics:han2024/ring/early/original_firstorder_Mean": CodeRow("HAN_R_MEAN", "Mean z-scored intensity of 2+2 mm ring, early phase", "1", "Times 100."),
        "radiomics:han2024/ring/early/original_firstorder_Entropy": CodeRow("HAN_R_ENTROPY", "First-order entropy of 2+2 mm ring, early phase", "1", "Of z-scored intensity."),
        "radiomics:han2024/ring/early/original_glcm_Idm": CodeRow("HAN_R_IDM", "GLCM inverse difference moment of 2+2 mm ring, early", "1", "Of z-scored intensity."),
        "radiomics:han2024/ring/early/original_glcm_JointEntropy": CodeRow("HAN_R_JENTROPY", "GLCM joint entropy of 2+2 mm ring, early phase", "1", "Of z-scored intensity."),
    },
    class_name=CodeRow("TME_CLASS", "Estimated microenvironment phenotype (imaging)", "", "The class of the probability, at the forest's threshold."),
    classes={
        "hot": CodeRow("TME_CLASS_HOT", "Hot: immune-inflamed phenotype", "", "Probability of at least the forest's threshold."),
        "cold": CodeRow("TME_CLASS_COLD", "Cold: immune-desert phenotype", "", "Probability below the forest's threshold."),
    },
    source="Han 2024",
    scheme=TILSCOPE_SCHEME,
)
# fmt: on
