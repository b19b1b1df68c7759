"""Studies that come as volumes (NIfTI, NRRD, MetaImage) and not as DICOM.

Volumes have no headers. What they cannot tell is told beside them (`facts`), and what nobody tells stays unknown: no default
stands in for it. Everything behind reads DICOM, so that a case is made into images with as many headers as are known
(`derived_images`), in a folder that is gone afterwards (`archive`).
"""
