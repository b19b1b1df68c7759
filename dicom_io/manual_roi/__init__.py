"""What a person has drawn: a Segmentation or an RT structure set of somebody else in the study, as masks of lesions.

`selection` says which objects are such outlines, from headers alone; `read` and what it uses turn their files into
volumes in patient space; `placing` brings those onto the grid of the dynamic series, or says why it cannot.
"""
