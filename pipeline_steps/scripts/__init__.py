"""Scripts that steps start in containers: read paths, call model_code, write paths."""
