"""The papers' complete feature sets of a cohort, for those who train: one table, one row for each dynamic series.

`order` says what is asked for, `study` does it for one study, `parts` keeps what is finished, `cohort` takes one study after
the other, here or in worker processes, and `table` makes one file of it all.
"""
