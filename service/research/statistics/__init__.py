"""Numbers only: pure functions of arrays, which know nothing of tables, figures or files."""
