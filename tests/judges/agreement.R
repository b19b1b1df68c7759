# Intraclass correlations by psych of the tables in agreement.csv; the first is Shrout and Fleiss' own.
library(psych)
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))

ask <- function(one) {
  wide <- reshape(one[c("subject", "reader", "value")], idvar = "subject", timevar = "reader", direction = "wide")
  # Shrout and Fleiss' analysis of variance; psych's usual way, by lme4, cuts variances at 0.
  found <- ICC(as.matrix(wide[, -1]), lmer = FALSE)$results
  of <- function(type) unlist(found[found$type == type, c("ICC", "lower bound", "upper bound")], use.names = FALSE)
  list(absolute = of("ICC2"), consistent = of("ICC3"))
}

readings <- judge_table("agreement.csv")
record("psych", lapply(split(readings, readings$table), ask))
