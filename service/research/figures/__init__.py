"""Figures of a cohort's evaluation, one function each, in one style that a grey printer keeps apart.

Each draws on a canvas that it is given (a matplotlib Figure or SubFigure), so that the same drawing stands alone in a web
page and among others on a printed one.
"""
