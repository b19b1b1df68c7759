"""A second opinion on pieces that enhance: a small network that has seen no patient, only randomised phantoms."""
