"""DICOM in (`dce`: assembly of the dynamic series), DICOM out (`objects`: SEG, SR, PDF), and where both live (`archives`)."""
