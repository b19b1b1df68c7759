# Kaplan-Meier, log-rank, Cox with cox.zph, likelihood ratios and C, by survival, on its own tables rotterdam and gbsg.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))
suppressPackageStartupMessages(library(survival))

tables <- list(
  rotterdam = with(rotterdam, data.frame(
    time = rtime, event = recur, age = age, nodes = nodes, grade = grade, hormon = hormon, meno = meno
  )),
  gbsg = with(gbsg, data.frame(
    time = rfstime, event = status, age = age, nodes = nodes, grade = grade, hormon = hormon, meno = meno
  ))
)
for (name in names(tables)) {
  write.csv(tables[[name]], file.path(judge_folder, paste0("survival_", name, ".csv")), row.names = FALSE)
}

answer <- function(table) {
  years <- c(1, 2, 5) * 365
  curve <- summary(survfit(Surv(time, event) ~ 1, table, conf.type = "log-log"), times = years)
  groups <- survdiff(Surv(time, event) ~ grade, table)
  fewer <- coxph(Surv(time, event) ~ age + grade, table, ties = "efron")
  more <- coxph(Surv(time, event) ~ age + grade + nodes + hormon, table, ties = "efron")
  table$risk <- predict(more, type = "lp")
  zph <- cox.zph(more, transform = "km")$table
  list(
    kaplan_meier = list(days = years, survival = curve$surv, low = curve$lower, high = curve$upper, at_risk = curve$n.risk),
    log_rank = list(statistic = groups$chisq, p = pchisq(groups$chisq, length(groups$n) - 1, lower.tail = FALSE)),
    cox = list(coefficients = as.list(coef(more)), errors = as.list(setNames(sqrt(diag(vcov(more))), names(coef(more)))),
      log_likelihood = more$loglik[2], likelihood_ratio = 2 * diff(more$loglik)),
    added = list(statistic = anova(fewer, more)$Chisq[2], p = anova(fewer, more)[2, 4]),
    zph = list(statistic = as.list(zph[, "chisq"]), p = as.list(zph[, "p"])),
    concordance = unname(concordance(Surv(time, event) ~ risk, table, reverse = TRUE)$concordance)
  )
}
record("survival", lapply(tables, answer))
