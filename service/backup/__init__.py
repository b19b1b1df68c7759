"""The data directory as one file, made while the service runs, and put back as a whole."""
