"""Structured Reports: TID 1500, the note of a refusal, the contour report, key images; and our reports read back."""
