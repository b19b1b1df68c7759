"""The block that a radiologist's report needs: place, shape, kinetics and the breast's own categories, in BI-RADS' words.

Every word follows from a number and a threshold of `DescriptionSettings`, and both stand beside it. What the images do not
decide is not assessed.
"""
