"""The page that a person reads, as Encapsulated PDF."""
