"""Studies are scored in processes of their own: the engine, its cluster, and what runs in a worker."""
