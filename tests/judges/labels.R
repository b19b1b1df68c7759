# ComBat by sva, ssGSEA and GSVA by GSVA, the moderated t by limma, on the tables beside this file.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))
suppressPackageStartupMessages({library(limma); library(sva); library(GSVA)})

expression <- as.matrix(read.csv(file.path(judge_folder, "labels_expression.csv"), row.names = 1))
samples <- judge_table("labels_samples.csv")
lines <- strsplit(readLines(file.path(judge_folder, "labels_sets.gmt")), "\t")
sets <- setNames(lapply(lines, function(line) line[-(1:2)]), sapply(lines, `[`, 1))

high <- as.numeric(samples$group == "high")
array <- as.numeric(samples$batch == "array")
quietly <- function(value) {
  invisible(capture.output(answer <- suppressMessages(suppressWarnings(value))))
  unname(answer)
}
moderated <- function(...) {
  fit <- eBayes(lmFit(expression, cbind(1, high, ...)))
  list(
    log_fold_change = unname(fit$coefficients[, 2]), t = unname(fit$t[, 2]), p = unname(fit$p.value[, 2]),
    fdr = p.adjust(unname(fit$p.value[, 2]), "BH"), prior_variance = fit$s2.prior, prior_degrees = fit$df.prior
  )
}
enriched <- function(values, ...) quietly(gsva(values, sets, kcdf = "Gaussian", verbose = FALSE, ...))

record(c("limma", "sva", "GSVA"), list(
  combat = quietly(ComBat(expression, samples$batch)),
  combat_kept = quietly(ComBat(expression, samples$batch, mod = cbind(1, high))),
  moderated_t = moderated(),
  moderated_t_adjusted = moderated(array),
  ssgsea = enriched(expression, method = "ssgsea", ssgsea.norm = TRUE, tau = 0.25),
  # Whole numbers: many genes of a sample share their rank.
  ssgsea_ties = enriched(round(expression), method = "ssgsea", ssgsea.norm = TRUE, tau = 0.25),
  gsva = enriched(expression, method = "gsva", mx.diff = TRUE, tau = 1),
  gsva_ties = enriched(round(expression), method = "gsva", mx.diff = TRUE, tau = 1)
))
