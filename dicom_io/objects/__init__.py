"""DICOM out: the result objects of one study, built together by `results`.

`segmentation`, `report` and `summary_pdf` are one object each; `identity` is what they share, `concepts` their codes.
"""
