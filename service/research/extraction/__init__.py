"""The papers' complete feature sets of a cohort, for those who train: one table, one row for each dynamic series.

`request` is what is asked for, `extract_study` does it for one study, `checkpoints` keeps what is finished, `extract_cohort`
takes one study after the other, here or in worker processes, and `feature_table` makes one file of it all.
"""
