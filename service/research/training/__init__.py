"""From a table of features and a table of labels to a forest that a site can install."""
