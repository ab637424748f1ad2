"""Errors of the shared agreements.

InterfaceError
 ├── ContractError   a dataset contract that cannot be used; catch it to show the user what to edit
 └── SettingError    a function was started without an environment variable that it needs
"""


class InterfaceError(Exception):
    """Base of everything raised here."""


class ContractError(InterfaceError):
    """A contract is malformed: says where, what was found and what is allowed."""

    def __init__(self, where: str, found: object, allowed: str) -> None:
        self.where, self.found, self.allowed = where, found, allowed
        super().__init__(f"{where}: found {found!r}; allowed: {allowed}")


class SettingError(InterfaceError):
    """A function's environment lacks a variable or holds a value of the wrong form."""
