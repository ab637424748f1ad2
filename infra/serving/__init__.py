"""Serving: the endpoint and what it runs, how a release reaches it, and what stops one."""
