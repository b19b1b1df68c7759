"""What runs at a site: the score pipeline, the service around it, its pages and API, and the command line."""
