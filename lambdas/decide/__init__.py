"""Verb decide: a person's decision on a package is recorded with the identity that STS vouches for, and carried out."""
