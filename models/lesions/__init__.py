"""Lesions: what enhances like a tumour in the breast, the likeliest first, and how sure that is.

`search` goes from volumes to an answer: `uptake` is what it works on, `pieces` finds pieces in it, `traits` and `exclusions` say
which are vessels, nodes or skin, and `evidence` weighs the rest against the `background`.
"""
