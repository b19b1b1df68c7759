"""An example of a signature in a package of its own: a weighted sum of three features. It means nothing clinically."""

from __future__ import annotations

from tilscope.models.features import ImageKey, Intensity, Region
from tilscope.models.features.sets import intensity, shape
from tilscope.models.signatures.codes import CodeRow, CodingScheme, SignatureCodes
from tilscope.models.signatures.complete_set import same_for_every_study
from tilscope.models.signatures.linear import LinearModel, LinearSignature
from tilscope.models.signatures.plugin import GuideChapter, SignaturePlugin
from tilscope.models.signatures.radiomic import listed

ID = "example2026"
EARLY = ImageKey("early", Intensity.Z_SCORE)

#: All that the paper computed, by name: what `tilscope features --set example2026` gives.
FEATURES = (
    shape(ID, EARLY, Region.TUMOUR)
    | intensity(ID, "early", EARLY, ("original",), Region.TUMOUR)
    | intensity(ID, "early", EARLY, ("original",), Region.RING_5)
)

#: Of these, what the model takes, and how it is called.
ROUNDNESS = f"{ID}/T/original_shape_Sphericity"
ENTROPY = f"{ID}/T/early/original_firstorder_Entropy"
RING = f"{ID}/ring/early/original_firstorder_Mean"
TAKEN = (
    listed(FEATURES, ROUNDNESS, "Tumour sphericity"),
    listed(FEATURES, ENTROPY, "Tumour: first-order entropy"),
    listed(FEATURES, RING, "Ring: mean intensity"),
)

SIGNATURE = LinearSignature(
    id=ID,
    title="Restlessness of the tumour (Example 2026)",
    citation="An example of TILscope's documentation; there is no paper.",
    version="1",
    published="Published nowhere: it is an example.",
    parameters=(
        "Early phase, bias field of the pre-contrast image divided out, z-scored over the breast, times 100; 1 mm isotropic, "
        "linear; bin width 25. Ring: 5 mm outside the tumour. High above the reference's median, low at it and below."
    ),
    radiomics=TAKEN,
    models=(
        LinearModel(
            "example2026_score",
            "Estimated restlessness",
            {TAKEN[0].id: -1.0, TAKEN[1].id: 0.5, TAKEN[2].id: 0.25},
            intercept=10.0,
        ),
    ),
)

CODES = SignatureCodes(
    finding=CodeRow("SIG_EXAMPLE2026", "Example 2026: restlessness of the tumour"),
    measurements={
        "example2026_score": CodeRow("EX_SCORE", "Estimated restlessness of the tumour", "1", "The signature's value."),
        # A standard code, where one has the concept. The other two features need no row: they have a code of their name.
        TAKEN[0].id: CodeRow("QCFX", "Sphericity", "1", standard="IBSI"),
    },
    class_name=CodeRow("EX_CLASS", "Estimated class of restlessness"),
    classes={
        "high": CodeRow("EX_HIGH", "Restlessness above the median of the reference"),
        "low": CodeRow("EX_LOW", "Restlessness at most the median of the reference"),
    },
    source="Example 2026",
    # Yours: a designator that begins with 99, and a UID that is made once and never changes.
    scheme=CodingScheme(
        designator="99TILEXAMPLE",
        uid="2.25.185214202853876454240187372326853183273",
        name="Codes of the example signature",
        version="1",
        organization="TILscope's documentation",
    ),
)

CHAPTER = GuideChapter(
    tells="how restless the tumour looks in the early phase, beside a cohort. Classes: high and low, at the cohort's median.",
    made="three features of shape and intensity, weighted by hand; no patient was looked at.",
    performance="none.",
    source="the documentation of TILscope",
    limits="it is an example and means nothing.",
)

PLUGIN = SignaturePlugin(
    signature=SIGNATURE,
    codes=CODES,
    complete_set=same_for_every_study(SIGNATURE, "tumour: 14 of shape; tumour and 5 mm ring: 93 each", FEATURES),
    chapter=CHAPTER,
)
