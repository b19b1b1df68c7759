# For every script beside this folder: where it lies, and how its answers are written.
# Run as: Rscript tests/judges/SUBJECT.R

judge_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])
judge_folder <- dirname(normalizePath(judge_file))

# A table that lies beside the scripts.
judge_table <- function(name) read.csv(file.path(judge_folder, name), stringsAsFactors = FALSE)

# answers: a named list of numbers, vectors or lists of these. All digits are kept.
record <- function(packages, answers) {
  versions <- lapply(setNames(packages, packages), function(name) as.character(packageVersion(name)))
  document <- list(R = as.character(getRversion()), packages = versions, answers = answers)
  text <- jsonlite::toJSON(document, digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
  writeLines(text, sub("\\.R$", ".json", normalizePath(judge_file)))
}
