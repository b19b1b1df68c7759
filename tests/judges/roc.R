# DeLong's interval and tests, by pROC, on its own table of patients after a subarachnoid haemorrhage.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))
suppressPackageStartupMessages(library(pROC))

data(aSAH)
table <- data.frame(
  poor = as.integer(aSAH$outcome == "Poor"), s100b = aSAH$s100b, ndka = aSAH$ndka, wfns = as.integer(aSAH$wfns),
  woman = as.integer(aSAH$gender == "Female")
)
write.csv(table, file.path(judge_folder, "roc.csv"), row.names = FALSE)

curve <- function(rows, score) roc(table$poor[rows], table[[score]][rows], levels = c(0, 1), direction = "<", quiet = TRUE)
everybody <- rep(TRUE, nrow(table))
curves <- lapply(setNames(nm = c("s100b", "ndka", "wfns")), function(score) curve(everybody, score))
intervals <- lapply(curves, function(one) as.numeric(ci.auc(one, method = "delong")))
best <- coords(curves$s100b, "best", best.method = "youden", ret = c("threshold", "sensitivity", "specificity"))
paired <- function(one, other) {
  test <- roc.test(curves[[one]], curves[[other]], method = "delong", paired = TRUE)
  list(z = unname(test$statistic), p = test$p.value, low = test$conf.int[1], high = test$conf.int[2])
}
apart <- roc.test(curve(table$woman == 1, "s100b"), curve(table$woman == 0, "s100b"), method = "delong", paired = FALSE)

record("pROC", list(
  intervals = intervals,
  paired = list(s100b_ndka = paired("s100b", "ndka"), wfns_s100b = paired("wfns", "s100b")),
  covariance = cov(curves$s100b, curves$wfns, method = "delong"),
  unpaired = list(p = apart$p.value),
  youden = list(sensitivity = best$sensitivity, specificity = best$specificity)
))
