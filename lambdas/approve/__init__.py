"""Verb approve: a registered model is approved by its metrics, or left for a person with the reason."""
