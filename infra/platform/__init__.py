"""The Platform stack: data, pipeline, registry, functions and the events between them."""
