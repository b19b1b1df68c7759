"""Cohorts whose truth is planted: features by a correlated law, labels, expression and survival that depend on some of them.

The features are drawn, not measured: 150 phantoms would take hours, and thousands of cohorts are needed. They have the names
of the papers' sets, and correlate as such features do: those of one kind through several filters, of one filter, and of one
region go together. A null cohort is the same with labels that know nothing of the features.
"""

from __future__ import annotations
