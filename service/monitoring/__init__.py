"""For those who run the service: health, metrics, logs, and the audit of what is installed at the command line."""
