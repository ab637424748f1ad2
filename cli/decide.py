"""A person's decision on a model version: signed here, verified and recorded by the decide function."""

from typing import Any

from cli import functions
from cli.errors import CliError
from cli.proof import sign
from interfaces.names import Names


def decide(session: Any, names: Names, version: int, decision: str, reason: str) -> dict[str, Any]:
    """Have a decision recorded and carried out; what the function answered. Raises CliError where it is refused.

    ``session`` is a boto3 session: its credentials are the ones that sign.
    """
    package = _package(session, names, version)
    proof = sign(session, session.client("sts").meta.endpoint_url, package, decision, reason)
    request = {"package": package, "decision": decision, "reason": reason, "proof": proof}
    return functions.ask(session.client("lambda"), names, "decide", request)


def _package(session: Any, names: Names, version: int) -> str:
    sagemaker = session.client("sagemaker")
    account = session.client("sts").get_caller_identity()["Account"]
    # the partition is that of the region: aws, aws-cn or aws-us-gov
    arn = f"arn:{sagemaker.meta.partition}:sagemaker:{session.region_name}:{account}:model-package/{names.model_package_group}/{version}"
    try:
        return str(sagemaker.describe_model_package(ModelPackageName=arn)["ModelPackageArn"])
    except sagemaker.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        raise CliError(f"version {version}: {error.response['Error']['Message']}; list versions with: loop status") from None
