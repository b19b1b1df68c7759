"""Is the service well, and who did what: health, metrics, logs."""
