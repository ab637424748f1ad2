"""Errors of the command line.

CliError          shown as one message, exit code 2: the user can mend it
 └── TableError   a data file that cannot be used
RunFailed         the lifecycle ended early (a drop refused, a step failed): exit code 1, with the reason
"""


class CliError(Exception):
    """What was found, where, and what to do."""


class TableError(CliError):
    """A CSV file cannot be read as a table."""


class RunFailed(Exception):
    """The run ended before its goal; ``stage`` says where."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"{stage}: {reason}")
        self.stage, self.reason = stage, reason
