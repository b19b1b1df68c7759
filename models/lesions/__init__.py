"""Lesions: what enhances like a tumour in the breast, the likeliest first.

`candidates` finds pieces, `traits` looks at them, `exclusions` says which are no lesions, `ranking` orders the rest.
"""

from tilscope.models.lesions.search import find_lesions

__all__ = ["find_lesions"]
