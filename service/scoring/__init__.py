"""One study from its archive to its result objects: `score`, and everything that it calls."""
