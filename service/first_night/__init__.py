"""A fresh site's first references, from the breast studies that its archive held before TILscope came."""
