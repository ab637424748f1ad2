"""Errors of the local AWS.

LocalAwsError        something is wrong with the local AWS itself; its user reads the message
 └── LaunchError     a child process could not be started
AwsError             an answer to a client: AWS's error code, message and HTTP status
 └── Unsupported     the client asked for what is not emulated; named, before anything is done
"""


class LocalAwsError(RuntimeError):
    """The local AWS cannot go on."""


class LaunchError(LocalAwsError):
    """A process for a job, function or server could not be started."""


class AwsError(Exception):
    """An error response, as AWS would send it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


class Unsupported(AwsError):
    """Refused by name: the local AWS never pretends."""

    def __init__(self, what: str) -> None:
        super().__init__("LocalAwsUnsupported", f"the local AWS does not emulate {what}; docs/local-aws.md lists what it does", 501)


def validation(message: str) -> AwsError:
    """The error that most services answer to a malformed or unacceptable request."""
    return AwsError("ValidationException", message)


def not_found(message: str) -> AwsError:
    """SageMaker answers ValidationException for what does not exist."""
    return AwsError("ValidationException", message)
