"""DICOM out: the result objects of one study, built together by `results`.

A room for each kind: `seg`, `sr`, `pdf` and `images`; `codes` holds their coded concepts. What all of them share, who wrote them
and under which UIDs, is `dicom_io.identity`.
"""
