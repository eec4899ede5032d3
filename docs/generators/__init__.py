"""What `docs/generate.py` puts into the documents."""
