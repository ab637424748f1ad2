"""The SageMaker pipeline: its definition, the scripts its steps run, what serves, and the ingest job."""
