"""The pages at /tilscope/: what happened to each study and why, made on the server; a light script keeps them up to date."""
