"""Verb ingest: a finished drop starts the Glue job, a new dataset version starts the pipeline."""
