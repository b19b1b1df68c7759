"""Texture features from the published formulas: grey levels are counted by `models.kernels`, and each family reads its matrix.

Names and definitions are pyradiomics 3.0.1's, which follow the Image Biomarker Standardisation Initiative (Zwanenburg 2020,
doi 10.1148/radiol.2020191145) but for the bins, which begin at multiples of their width. pyradiomics judges every value.
"""
