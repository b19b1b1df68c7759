"""The scores of many studies in one table, with a page of their pictures."""
