"""Which features two readers, or small changes of images and outline, leave as they were: what a training may use.

`readers` and `perturbations` are what may differ, `measure_again` measures a study once with each, `readings` brings the rows
(or finished tables) together by lesion, `repeatable` judges every feature, and `repeatability_files` writes what was found.
"""
