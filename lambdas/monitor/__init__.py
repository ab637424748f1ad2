"""Verb monitor: windows of captured traffic are compared with the baseline, and what is found becomes metrics and messages."""
