"""How long what the service knows is kept: purging on request, by age, and after a study was deleted in the archive."""
