"""Pure numbers: preparation, segmentation, kinetics, radiomics, signatures.

The ground floor. It owns the nouns that everyone shares and imports nothing of ours; no DICOM, no network.
"""

#: Part of every input hash: raise it when the same study would be scored differently.
PIPELINE_VERSION = "0.7.0"
