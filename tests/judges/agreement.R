# Intraclass correlations of the tables in agreement.csv by psych, for tests/service/research/statistics/test_agreement.py.
library(psych)
library(jsonlite)

here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))))
readings <- read.csv(file.path(here, "agreement.csv"))

judge <- function(one) {
  wide <- reshape(one[c("subject", "reader", "value")], idvar = "subject", timevar = "reader", direction = "wide")
  # Shrout and Fleiss' analysis of variance; psych's usual way, by lme4, cuts variances at 0.
  found <- ICC(as.matrix(wide[, -1]), lmer = FALSE)$results
  answers <- function(type) unlist(found[found$type == type, c("ICC", "lower bound", "upper bound")], use.names = FALSE)
  list(absolute = answers("ICC2"), consistent = answers("ICC3"), subjects = nrow(wide))
}

answers <- lapply(split(readings, readings$table), judge)
versions <- list(R = R.version.string, psych = as.character(packageVersion("psych")))
write_json(list(versions = versions, answers = answers), file.path(here, "agreement.json"),
           digits = 15, auto_unbox = TRUE, pretty = TRUE)
