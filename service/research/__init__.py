"""For those who train and publish: features of cohorts, and models made of them."""
