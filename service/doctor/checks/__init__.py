"""One check a file: a function from an installation to what is wrong with it."""
