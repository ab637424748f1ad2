"""Removes endpoint configs, models and runs' files that nothing references, after a retention."""
