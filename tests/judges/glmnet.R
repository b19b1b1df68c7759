# LASSO and elastic net by glmnet: the paths, and the penalty that ten folds choose.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))
suppressPackageStartupMessages(library(glmnet))

table <- judge_table("glmnet.csv")
x <- as.matrix(table[, grep("^x", names(table))])

path <- function(rows, y, family, mix) {
  fit <- glmnet(x[rows, ], y[rows], family = family, alpha = mix, thresh = 1e-14, maxit = 1e6)
  steps <- unique(round(seq(2, length(fit$lambda), length.out = 6)))
  models <- lapply(steps, function(s) unname(c(fit$a0[s], as.numeric(fit$beta[, s]))))
  list(at = steps - 1, penalties = fit$lambda, models = models)
}
chosen <- function(y, family, measure, mix) {
  cv <- cv.glmnet(x, y, family = family, alpha = mix, foldid = table$fold, type.measure = measure,
                  thresh = 1e-14, maxit = 1e6)
  list(least = cv$lambda.min, within_an_error = cv$lambda.1se, error = min(cv$cvm))
}

everybody <- seq_len(nrow(table))
few <- 1:25
record("glmnet", list(
  paths = list(
    "numbers, mix 1, 60 studies" = path(everybody, table$number, "gaussian", 1),
    "numbers, mix 0.5, 60 studies" = path(everybody, table$number, "gaussian", 0.5),
    "numbers, mix 1, 25 studies" = path(few, table$number, "gaussian", 1),
    "classes, mix 1, 60 studies" = path(everybody, table$class, "binomial", 1),
    "classes, mix 0.5, 60 studies" = path(everybody, table$class, "binomial", 0.5),
    "classes, mix 0.5, 25 studies" = path(few, table$class, "binomial", 0.5)
  ),
  chosen = list(
    "numbers, mix 1" = chosen(table$number, "gaussian", "mse", 1),
    "classes, mix 0.5" = chosen(table$class, "binomial", "deviance", 0.5)
  )
))
