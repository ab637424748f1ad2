"""The analyzer's core: what happened in a window of traffic, and does it differ from the baseline? Pure functions."""
