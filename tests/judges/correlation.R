# Pearson's and Spearman's correlation, and Benjamini-Hochberg's rates, by R itself, on its table of iris flowers.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])), "common", "record.R"))

table <- setNames(iris[, 1:4], c("one", "two", "three", "four"))
table <- table[seq(1, 150, 5), ]
write.csv(table, file.path(judge_folder, "correlation.csv"), row.names = FALSE)
pearson <- cor.test(table$one, table$two)
spearman <- cor.test(table$one, table$two, method = "spearman", exact = FALSE)
pairs <- combn(names(table), 2, simplify = FALSE)
p <- sapply(pairs, function(pair) cor.test(table[[pair[1]]], table[[pair[2]]])$p.value)

record("stats", list(
  pearson = list(r = unname(pearson$estimate), low = pearson$conf.int[1], high = pearson$conf.int[2], p = pearson$p.value),
  spearman = list(r = unname(spearman$estimate), p = spearman$p.value),
  bh = list(pairs = sapply(pairs, paste, collapse = " "), p = p, rates = p.adjust(p, "BH"))
))
