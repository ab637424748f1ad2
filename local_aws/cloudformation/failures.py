"""What failed in a deployment, and in which words it is told."""

from botocore.exceptions import ClientError

from local_aws.cloudformation.outputs import OutputFailed
from local_aws.errors import AwsError


class ResourceFailed(Exception):
    """A resource operation failed: which, and why."""

    def __init__(self, logical_id: str, reason: str) -> None:
        super().__init__(reason)
        self.logical_id, self.reason = logical_id, reason


def name_of(failure: ResourceFailed | OutputFailed) -> str:
    """Of what failed, as the stack's events name it."""
    return failure.logical_id if isinstance(failure, ResourceFailed) else failure.name


def reason_of(fault: BaseException) -> str:
    """As CloudFormation words it."""
    if isinstance(fault, ClientError):
        answer = fault.response["Error"]
        return f"{answer['Message']} (Service: {fault.operation_name}, Code: {answer['Code']})"
    if isinstance(fault, AwsError):
        return fault.message
    return str(fault) or repr(fault)
