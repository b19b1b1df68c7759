"""What is sent to other systems: webhooks, and results as FHIR."""
