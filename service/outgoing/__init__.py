"""What is told to other systems: webhooks, and results as FHIR."""
