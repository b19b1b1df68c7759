"""Coded concepts: standard ones, and the project's own coding scheme."""
