# Calibration of probabilities, by rms's val.prob, and Hosmer-Lemeshow and Wilson's interval by R itself.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))
suppressPackageStartupMessages(library(rms))

set.seed(16)
n <- 240
x <- rnorm(n)
table <- data.frame(label = rbinom(n, 1, plogis(-0.4 + 0.9 * x)), chance = round(plogis(0.1 + 1.5 * x), 6))
write.csv(table, file.path(judge_folder, "calibration.csv"), row.names = FALSE)

checked <- val.prob(table$chance, table$label, pl = FALSE, logistic.cal = TRUE)
# R's own settings stop while the standard errors still move in the sixth digit.
settled <- glm.control(epsilon = 1e-14, maxit = 100)
large <- glm(label ~ offset(qlogis(chance)), binomial, table, control = settled)
both <- summary(glm(label ~ qlogis(chance), binomial, table, control = settled))$coefficients
cut_at <- cut(table$chance, quantile(table$chance, seq(0, 1, 0.1)), include.lowest = TRUE)
observed <- xtabs(cbind(1 - label, label) ~ cut_at, table)
expected <- xtabs(cbind(1 - chance, chance) ~ cut_at, table)
statistic <- sum((observed - expected)^2 / expected)

record(c("rms", "Hmisc", "stats"), list(
  exact_c = unname(Hmisc::somers2(table$chance, table$label)["C"]),
  val_prob = as.list(checked[c("Brier", "Intercept", "Slope", "C (ROC)")]),
  large = unname(coef(large)), large_error = unname(sqrt(vcov(large)[1, 1])), slope_error = unname(both[2, 2]),
  hosmer_lemeshow = list(statistic = statistic, unseen = pchisq(statistic, 10, lower.tail = FALSE),
    fitted = pchisq(statistic, 8, lower.tail = FALSE)),
  wilson = lapply(list(c(0, 12), c(7, 31), c(40, 41)), function(of) as.numeric(prop.test(of[1], of[2], correct = FALSE)$conf.int))
))
