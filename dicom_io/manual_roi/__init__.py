"""Manual ROIs: a Segmentation or an RT structure set of somebody else in the study, as masks of lesions.

`selection` decides which objects are manual ROIs, from headers alone; `read` and what it uses turn their files into
volumes in patient space; `placing` brings those onto the grid of the dynamic series, or names why it cannot.
"""
