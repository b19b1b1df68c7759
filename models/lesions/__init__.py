"""Lesions: what enhances like a tumour in the breast, the likeliest first.

`pieces` finds candidates, `traits` measures them, `exclusions` names which are no lesions, `ranking` orders the rest.
"""

from tilscope.models.lesions.search import find_lesions

__all__ = ["find_lesions"]
