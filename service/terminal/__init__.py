"""What a person sees in a terminal: answers with their exit codes, progress, tables."""
