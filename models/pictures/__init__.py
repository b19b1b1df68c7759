"""What a person looks at: slices with contours, projections, colour maps and curves, as marks that any surface can draw.

`drawing` defines the marks, `raster` draws them as pixels (montage.png), dicom_io draws the same ones on the PDF.
"""
