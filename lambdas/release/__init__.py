"""Verb release: an approved package becomes what the endpoint serves, by an update of the Serving stack."""
