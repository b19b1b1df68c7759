"""DICOM in: from the headers of a study to its dynamic series, and from its files to volumes.

`assembly` is the whole way; `slices` and `frames` are what it works on, `series_roles`, `volumes_of_series`, `series_groups`,
`copies` and `phase_times` its decisions, `series_findings` the reasons that it keeps.
"""
