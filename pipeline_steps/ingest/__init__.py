"""The ingest job: a finished landing drop becomes an immutable dataset version, or is refused."""
