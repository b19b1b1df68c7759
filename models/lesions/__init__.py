"""Lesions: what enhances like a tumour in the breast, the likeliest first.

`search` goes from volumes to lesions: `pieces` finds pieces, `traits` measures them, `exclusions` says which are no lesions, `ranking` orders the rest.
"""

from tilscope.models.lesions.search import find_lesions

__all__ = ["find_lesions"]
