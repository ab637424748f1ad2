"""Errors of the decide function.

Refused   a request that is not carried out; its message is the caller's answer
"""


class Refused(Exception):
    """What was found, and what is allowed."""
