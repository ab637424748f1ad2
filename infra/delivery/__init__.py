"""Delivery: who may deploy from GitHub. An app of its own, deployed once per account by its administrator."""
