"""The statistics of a study as pure functions on numbers: no files, no images, no tables."""
