"""DICOM in (archives, assembly of the dynamic series) and out (SEG, SR, PDF), and the coded concepts of both."""
