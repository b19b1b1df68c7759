"""Every element of the five papers' studies, in our words."""

from __future__ import annotations

from papers.element import SIGNATURE, Element

WU, SU, QIAN, FAN, HAN = "Wu 2018", "Su 2022", "Qian 2024", "Fan 2023", "Han 2024"
_FEATURES, _TRAIN, _EVALUATE = "tilscope features", "tilscope train", "tilscope evaluate"
_SCORES, _SPLIT, _REPEAT = "tilscope labels score", "tilscope labels split", "tilscope repeatability"

_OF_SIGNATURES = "models/signatures"
_OF_LABELS = "service/research/labels/test_label_scores.py"
_OF_THE_COMMAND = "service/research/labels/test_labels_command.py"
_OF_TRAINING = "service/research/test_papers_trained.py"
_OF_FORESTS = "service/research/test_training.py"
_OF_EVALUATION = "service/research/evaluation/test_planted_outcomes.py"
_OF_REPEATS = "service/research/test_repeatability.py"
_JUDGED = "judges/test_judges.py::test_we_agree_with_r_or_say_why_not"

ELEMENTS = (
    Element(WU, "even field, phases by time, intensities by the parenchyma, 1 mm", (SIGNATURE,), (
        "models/preparation/test_preparation.py::test_most_of_the_coils_shading_is_taken_out",
        f"{_OF_SIGNATURES}/test_wu2018.py::test_half_of_the_parenchyma_enhances_by_half",
    )),
    Element(WU, "17 features", (SIGNATURE, _FEATURES), (
        f"{_OF_SIGNATURES}/test_wu2018.py::test_the_ball_has_the_volume_sphericity_and_surface_of_a_ball",
        f"{_OF_SIGNATURES}/test_wu2018.py::test_the_whole_ball_washes_out",
        f"{_OF_SIGNATURES}/test_wu2018.py::test_the_parenchyma_near_the_tumour",
    )),
    Element(WU, "from 110 features to 17: of two that say the same the steadier stays", (_REPEAT,), (
        f"{_OF_REPEATS}::test_of_two_that_say_the_same_the_one_that_agrees_better_stays",
    ), "the other 93 features are defined in another paper; `--redundant 0.85` does the same to any set"),
    Element(WU, "parenchyma as stored gives the features again", (SIGNATURE,), (
        "dicom_io/objects/test_regions_from_the_archive.py::test_the_stored_segmentations_give_every_feature_of_wu_again",
    )),
    Element(WU, "each feature against TIL, mutations and CYT: Pearson, Benjamini-Hochberg, heat map", (_TRAIN, _EVALUATE), (
        "service/research/statistics/test_correlation.py::test_what_was_planted_is_found_and_of_the_rest_next_to_nothing",
        f"{_OF_TRAINING}::test_false_discoveries_are_as_many_as_were_asked_for",
        f"{_OF_EVALUATION}::test_correlations_find_the_planted_ones_and_no_others",
    )),
    Element(WU, "signature: LASSO in ten folds a hundred times, above 90 %, least squares", (_TRAIN,), (
        f"{_OF_TRAINING}::test_wu_finds_what_was_planted_with_its_weights", _JUDGED,
    )),
    Element(WU, "composite with CYT; mutations, stage, ER, PR, HER2 beside it", (_TRAIN, SIGNATURE), (
        f"{_OF_TRAINING}::test_wu_finds_what_was_planted_with_its_weights",
        f"{_OF_SIGNATURES}/test_wu2018.py::test_a_composite_worked_on_paper",
    )),
    Element(WU, "CYT of GZMA and PRF1", (_SCORES,), (f"{_OF_LABELS}::test_cyt_is_the_geometric_mean_of_two_genes_in_tpm",)),
    Element(WU, "nonsynonymous mutations", (_SCORES,), (f"{_OF_LABELS}::test_tmb_counts_what_changes_a_protein_and_a_mutation_once",)),
    Element(WU, "sequencing and arrays brought together by ComBat", (_SCORES,), (
        f"{_OF_THE_COMMAND}::test_two_cohorts_in_other_units_are_brought_together_by_combat", _JUDGED,
    )),
    Element(WU, "three classes, each pair with ROC, DeLong's interval and test, Youden's rates", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_three_classes_have_three_pairs_and_the_outer_two_differ_most",
        f"{_OF_EVALUATION}::test_two_models_are_compared_on_the_studies_that_have_both", _JUDGED,
    )),
    Element(WU, "r with interval, Mann-Whitney, box plots by class", (_EVALUATE,), (
        "service/research/evaluation/test_the_report.py::test_every_section_that_was_asked_for_is_there", _JUDGED,
    )),
    Element(WU, "cut-offs of the training cohort as classes", (_TRAIN, SIGNATURE), (
        f"{_OF_SIGNATURES}/test_wu2018.py::test_borders_chosen_against_labels_decide_the_class",
        f"{_OF_SIGNATURES}/test_wu2018.py::test_without_labels_the_borders_divide_the_cohort_as_the_paper_was",
    )),
    Element(WU, "survival: Kaplan-Meier, log-rank, Cox, C-index, by receptor status", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_survival_gives_back_the_planted_hazard",
        f"{_OF_EVALUATION}::test_subgroups_of_the_same_law_do_not_differ", _JUDGED,
    )),
    Element(WU, "agreement of the pathologists (ICC)", (_REPEAT,), (
        "service/research/statistics/test_agreement.py::test_the_interval_holds_the_truth_as_often_as_it_says", _JUDGED,
    ), "the command compares tables of features, and takes no table of two pathologists' percentages"),
    Element(WU, "table of the cohort by class: Fisher, t, Kruskal-Wallis", (), (), "no command writes a table of clinical facts by class"),
    Element(SU, "phases registered, even field, z-scored, 1 mm", (SIGNATURE,), (
        "models/preparation/test_registration.py::test_most_of_a_known_motion_is_taken_out",
        "models/features/test_features.py::test_a_z_score_is_over_the_breast_and_in_hundredths",
    ), "a deformable registration and a bias field of our own in the place of SyN and N3; lesions are outlined on the early phase, not on that of the peak"),
    Element(SU, "6,710 features: shape, first-order, texture, wavelets, their course over the phases", (_FEATURES,), (
        f"{_OF_SIGNATURES}/test_complete_sets.py::test_the_counts_are_the_papers",
        "service/research/test_extraction.py::test_a_study_with_four_phases_after_contrast_has_all_6710_numbers_of_su",
    )),
    Element(SU, "agreement within and between readers (ICC > 0.75)", (_REPEAT,), (
        f"{_OF_REPEATS}::test_what_readers_agree_on_may_be_used_and_what_is_all_reader_may_not",
        f"{_OF_REPEATS}::test_sittings_come_in_the_order_of_time",
        "service/research/test_training_tables.py::test_only_what_is_repeatable_is_taken", _JUDGED,
    )),
    Element(SU, "elastic net chooses, logistic regression weighs, seven to three by class", (_TRAIN,), (
        f"{_OF_TRAINING}::test_su_finds_what_was_planted_and_tells_it_on_the_studies_kept_back", _JUDGED,
    )),
    Element(SU, "probability as printed, by both estimators of skewness; high above the training's median", (SIGNATURE,), (
        f"{_OF_SIGNATURES}/test_su2022.py::test_a_case_worked_on_paper",
        f"{_OF_SIGNATURES}/test_su2022.py::test_both_estimators_of_the_skewness_are_shown_ours_first",
        f"{_OF_SIGNATURES}/test_su2022.py::test_the_class_is_the_side_of_the_references_median",
    )),
    Element(SU, "AUC with interval, sensitivity, specificity, accuracy on patients kept back", (_TRAIN, _EVALUATE), (
        f"{_OF_EVALUATION}::test_the_intervals_of_the_auc_cover_the_planted_one",
        f"{_OF_EVALUATION}::test_counts_and_rates_of_a_cut_off_belong_together", _JUDGED,
    )),
    Element(SU, "genes of high against low scores (moderated t)", ("tilscope labels compare",), (
        f"{_OF_THE_COMMAND}::test_the_comparison_finds_the_planted_genes_and_their_set", _JUDGED,
    )),
    Element(SU, "gene sets: pre-ranked enrichment, over-representation", ("tilscope labels enrich",), (
        f"{_OF_THE_COMMAND}::test_the_comparison_finds_the_planted_genes_and_their_set",
    ), "pre-ranked enrichment only; KEGG and Reactome are the user's files"),
    Element(SU, "abundance of immune cells by ssGSEA, compared between the groups", (_SCORES, _EVALUATE), (
        f"{_OF_LABELS}::test_ssgsea_is_the_walk_down_the_ranking", _JUDGED,
    ), "each cell's score has its Mann-Whitney P as a model of its own; there is no false discovery rate over all of them"),
    Element(SU, "CYT, T-cell-inflamed score, cytokines, MHC and co-stimulators", (_SCORES,), (
        f"{_OF_LABELS}::test_the_t_cell_inflamed_score_does_not_know_how_much_was_sequenced",
        f"{_OF_LABELS}::test_single_genes_are_columns_and_those_that_are_missing_told",
    )),
    Element(SU, "clusters of the microenvironment; CD8 by histochemistry beside the score", ("tilscope labels phenotypes", _EVALUATE), (
        f"{_OF_LABELS}::test_two_kinds_of_tumour_are_two_groups_and_the_one_with_more_cells_is_the_last",
        f"{_OF_EVALUATION}::test_correlations_find_the_planted_ones_and_no_others",
    )),
    Element(QIAN, "tumour and 5 mm ring without air, chest wall and vessels", (SIGNATURE,), (
        "models/features/test_features.py::test_rings_are_as_wide_as_they_are_called",
        "models/features/test_features.py::test_a_vessel_is_cut_out_and_the_tumours_own_rim_is_not",
    )),
    Element(QIAN, "1648 features", (_FEATURES,), (
        f"{_OF_SIGNATURES}/test_complete_sets.py::test_the_stock_variant_of_qian_has_the_papers_count",
    )),
    Element(QIAN, "three radscores of nine features", (SIGNATURE,), (
        f"{_OF_SIGNATURES}/test_qian2024.py::test_the_coefficients_are_those_of_the_papers_table",
        f"{_OF_SIGNATURES}/test_qian2024.py::test_a_case_worked_on_paper",
    )),
    Element(QIAN, "agreement within and between readers (ICC > 0.75)", (_REPEAT,), (
        f"{_OF_REPEATS}::test_what_readers_agree_on_may_be_used_and_what_is_all_reader_may_not", _JUDGED,
    )),
    Element(QIAN, "fractions of 22 cells by nu-SVR with permutations", (_SCORES,), (
        f"{_OF_LABELS}::test_fractions_that_were_mixed_are_found_and_a_mixture_of_nothing_is_not_significant",
    ), "not compared with CIBERSORT itself, whose program and matrix have a licence of their own"),
    Element(QIAN, "M2 above its median as label", (_SPLIT,), (
        f"{_OF_THE_COMMAND}::test_a_split_is_at_the_median_at_quantiles_or_where_it_is_told",
    )),
    Element(QIAN, "prognosis of cells: Cox one by one and together, forest plot", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_survival_gives_back_the_planted_hazard", _JUDGED,
    )),
    Element(QIAN, "Spearman of genes with cells, cells with cells", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_correlations_find_the_planted_ones_and_no_others", _JUDGED,
    )),
    Element(QIAN, "z-scores, seven to three, LASSO-logistic: tumour, ring, combined", (_TRAIN,), (
        f"{_OF_TRAINING}::test_qian_finds_the_ring_in_the_ring_and_the_tumour_in_the_tumour", _JUDGED,
    )),
    Element(QIAN, "AUC, rates, calibration curve, Hosmer-Lemeshow, waterfall and box plots", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_true_probabilities_are_calibrated_and_worth_deciding_by",
        "service/research/evaluation/test_the_report.py::test_every_section_that_was_asked_for_is_there", _JUDGED,
    )),
    Element(FAN, "0.8 x 0.8 x 2 mm, intensities by the parenchyma, 20 mm of stroma with its vessels", (SIGNATURE,), (
        f"{_OF_SIGNATURES}/test_fan2023.py::test_intensities_are_in_units_of_the_parenchyma_before_contrast",
        "models/features/test_features.py::test_vessels_are_cut_out_of_rings_and_not_of_the_stroma",
    )),
    Element(FAN, "572 features, six selected", (_FEATURES, SIGNATURE), (
        f"{_OF_SIGNATURES}/test_complete_sets.py::test_the_counts_are_the_papers",
        f"{_OF_SIGNATURES}/test_fan2023.py::test_the_six_are_what_the_paper_names_on_its_own_voxels",
    )),
    Element(FAN, "MCP-counter of tumour and stroma; rare genes left out", (_SCORES,), (
        f"{_OF_LABELS}::test_mcp_counter_finds_the_populations_that_were_planted",
        f"{_OF_LABELS}::test_genes_that_are_zero_in_four_fifths_of_the_samples_are_left_out",
    )),
    Element(FAN, "heterogeneity of tumour and stroma, and its cut", ("tilscope labels heterogeneity", _SPLIT), (
        f"{_OF_THE_COMMAND}::test_tumour_beside_stroma_as_fan_did",
    )),
    Element(FAN, "group from the tumour's cells alone", ("tilscope predict-tsh",), (
        f"{_OF_TRAINING}::test_fans_group_is_told_from_the_tumours_cells",
    )),
    Element(FAN, "of each pair with r > 0.8 one goes; genetic algorithm over forests in ten folds", (_TRAIN,), (
        f"{_OF_TRAINING}::test_fan_finds_two_features_among_twenty",
        f"{_OF_TRAINING}::test_the_genetic_algorithm_finds_a_set_that_only_together_is_fit",
    )),
    Element(FAN, "survival, censored at ten years; Cox adjusted; likelihood ratio of what is added", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_nobody_is_followed_beyond_the_censoring",
        f"{_OF_EVALUATION}::test_of_a_score_that_knows_nothing_nothing_is_added", _JUDGED,
    )),
    Element(FAN, "networks of cells by group and compartment, with their topology", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_the_network_of_good_patients_is_the_denser_one",
        "service/research/statistics/test_cell_network.py::test_a_star_is_central",
    )),
    Element(FAN, "tumour against stroma, patient by patient: signed ranks", (), (), "no command compares two columns of the same patients"),
    Element(HAN, "tumour and ring of 2 mm on either side, z-scored, 1 mm", (SIGNATURE,), (
        f"{_OF_SIGNATURES}/test_han2024.py::test_a_lesion_at_the_skin_has_half_a_ring_and_one_without_breast_only_its_inner_half",
        "models/features/test_features.py::test_rings_are_as_wide_as_they_are_called",
    )),
    Element(HAN, "479 features of either region", (_FEATURES,), (
        f"{_OF_SIGNATURES}/test_complete_sets.py::test_the_counts_are_the_papers",
    ), "which five images the paper took is not printed: the original and four Laplacians here"),
    Element(HAN, "24 cells by ssGSEA over the user's sets", (_SCORES,), (
        f"{_OF_LABELS}::test_a_planted_set_is_higher_in_who_has_it", _JUDGED,
    )),
    Element(HAN, "two groups by k-means on scaled samples; how many groups", ("tilscope labels phenotypes",), (
        f"{_OF_LABELS}::test_two_kinds_of_tumour_are_two_groups_and_the_one_with_more_cells_is_the_last",
        f"{_OF_THE_COMMAND}::test_phenotypes_find_the_inflamed_and_a_training_takes_them",
    ), "the silhouette tells how many groups there are; the thirty indices of NbClust do not"),
    Element(HAN, "label checked by MCP-counter, ESTIMATE, checkpoint genes, survival of the groups", (_SCORES, _EVALUATE), (
        f"{_OF_LABELS}::test_estimate_is_the_sum_of_its_two_scores",
        f"{_OF_LABELS}::test_single_genes_are_columns_and_those_that_are_missing_told",
        f"{_OF_EVALUATION}::test_survival_gives_back_the_planted_hazard",
    ), "no purity: ESTIMATE's formula holds for one array only, and ABSOLUTE, LUMP and histology are other people's tables"),
    Element(HAN, "agreement within and between readers (ICC > 0.75)", (_REPEAT,), (
        f"{_OF_REPEATS}::test_what_readers_agree_on_may_be_used_and_what_is_all_reader_may_not", _JUDGED,
    )),
    Element(HAN, "forest on all features in five folds, importances, Youden's threshold", (_TRAIN,), (
        f"{_OF_FORESTS}::test_the_features_that_decide_are_found_among_thirty",
        f"{_OF_FORESTS}::test_auc_and_threshold_by_hand",
        f"{_OF_FORESTS}::test_from_two_tables_to_an_installed_model",
    )),
    Element(HAN, "hot or cold at the forest's threshold", (SIGNATURE,), (
        f"{_OF_SIGNATURES}/test_han2024.py::test_the_class_changes_at_the_forests_own_threshold",
    )),
    Element(HAN, "external cohorts: AUC, rates, predictive values, confusion matrix, subgroups", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_counts_and_rates_of_a_cut_off_belong_together",
        f"{_OF_EVALUATION}::test_subgroups_of_the_same_law_do_not_differ",
        "service/research/evaluation/test_models.py::test_an_artefact_gives_its_probabilities_and_its_threshold", _JUDGED,
    )),
    Element(HAN, "score against PD-L1, stage and subtype", (_EVALUATE,), (
        "service/research/evaluation/test_the_report.py::test_every_section_that_was_asked_for_is_there",
    )),
    Element(HAN, "heat map of features and cells (Spearman)", (_EVALUATE,), (
        f"{_OF_EVALUATION}::test_correlations_find_the_planted_ones_and_no_others", _JUDGED,
    )),
)  # fmt: skip
