"""What a site has installed or measured: references, trained models, its cohort, molecular findings."""
