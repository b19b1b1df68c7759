"""What keeps a study from an answer without being its own fault, whose fault it is, and how long others wait for that."""
