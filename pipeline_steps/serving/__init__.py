"""What the endpoint runs; it travels inside the model artefact."""
