"""Finished results on their way into the archive, also where it does not take them at once."""
