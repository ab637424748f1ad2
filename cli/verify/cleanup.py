"""Takes away what a verification made: its release, package, version, drop, artefacts and captured answers."""

import json
from functools import partial
from typing import Any

from cli.destroy.kinds import missing
from cli.errors import RunFailed
from cli.target import parameters
from cli.verify.drive import Drive, Run
from interfaces import layout
from interfaces.evidence import EVIDENCE
from interfaces.names import CURATED_TABLE

_ALLOW = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}]})
_CLOCKS_DIFFER_S = 60.0
_WITHDRAWN = "withdrawn by loop verify"


def clean(drive: Drive, run: Run) -> None:
    """Put the environment back to where nothing is released. Logs and the history of executions and jobs stay."""
    client, names = drive.client, drive.names
    if run.package:
        _withdraw(drive, run)
        client("sagemaker").delete_model_package(ModelPackageName=run.package)
    execution = run.execution.rsplit("/", 1)[-1]
    places = [(drive.bucket("landing"), layout.drop_prefix(run.drop))]
    if run.package:
        places.append((drive.bucket("artefacts"), f"{EVIDENCE}/{run.package.rsplit('/', 1)[-1]}/"))
    if run.execution:
        places.append((drive.bucket("artefacts"), f"{layout.RUNS}/{execution}/"))
    if run.version:
        versions = (layout.curated_prefix(run.version), layout.manifest_key(run.version), layout.quarantine_prefix(run.version))
        places += [(drive.bucket("data"), prefix) for prefix in versions]
        _remove_partition(client("glue"), names.glue_database, run.version)
    for place in places:
        _remove_versions(client("s3"), *place)
    # of the endpoint, which was not there before: our request and the release's own, captured since the run began
    _remove_versions(client("s3"), drive.bucket("data"), f"{layout.CAPTURE}/{drive.endpoint}/", since=run.started - _CLOCKS_DIFFER_S)


def _withdraw(drive: Drive, run: Run) -> None:
    """The ledger first, so that the reconciler does not release anew; then the stacks go back to no model."""
    client, names = drive.client, drive.names
    _note_withdrawal(client("dynamodb"), names.state_table, run.package)
    cloudformation = client("cloudformation")
    for stack_name, role in ((names.monitoring_stack, "monitoring-deploy"), (names.serving_stack, "serving-deploy")):
        stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        if parameters(stack).get("ModelPackageArn") != run.package:
            continue
        # the policy that keeps an update from removing what serves; the next release sets it again
        cloudformation.set_stack_policy(StackName=stack_name, StackPolicyBody=_ALLOW)
        account = client("sts").get_caller_identity()
        changed = [{"ParameterKey": "ModelPackageArn", "ParameterValue": ""}]
        kept = [{"ParameterKey": key, "UsePreviousValue": True} for key in parameters(stack) if key != "ModelPackageArn"]
        cloudformation.update_stack(
            StackName=stack_name,
            UsePreviousTemplate=True,
            Parameters=[*changed, *kept],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            RoleARN=f"arn:{account['Arn'].split(':')[1]}:iam::{account['Account']}:role/{names.role(role)}",
        )
        drive.wait("clean", f"stack {stack_name}", partial(_settled, cloudformation, stack_name))


def _settled(cloudformation: Any, name: str) -> bool:
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    if stack["StackStatus"].endswith("_IN_PROGRESS"):
        return False
    if stack["StackStatus"] != "UPDATE_COMPLETE":
        raise RunFailed("clean", f"stack {name} is {stack['StackStatus']}: {stack.get('StackStatusReason', 'no reason given')}")
    return True


def _note_withdrawal(dynamodb: Any, table: str, package: str) -> None:
    """Note in the release ledger that this decision has ended, and that nobody is to go back over it or to it.

    Generations go on counting: the next decision gets the next one.
    """
    words = {":why": {"S": _WITHDRAWN}, ":package": {"S": package}}
    try:
        made = dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": "release/desired"}},
            UpdateExpression="SET failed = :why, kind = :automatic",
            ConditionExpression="package = :package",
            ExpressionAttributeValues={**words, ":automatic": {"S": "automatic"}},
            ReturnValues="ALL_NEW",
        )["Attributes"]
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return  # it was never decided, or something else has been since
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": f"release/history/{int(made['generation']['N']):08d}"}},
        UpdateExpression="SET outcome = :why",
        ConditionExpression="package = :package",
        ExpressionAttributeValues=words,
    )


def _remove_partition(glue: Any, database: str, version: str) -> None:
    try:
        glue.delete_partition(DatabaseName=database, TableName=CURATED_TABLE, PartitionValues=[version])
    except glue.exceptions.ClientError as error:
        if not missing(error):
            raise


def _remove_versions(s3: Any, bucket: str, prefix: str, since: float = 0.0) -> None:
    """Every version of every object under a prefix, written since a time."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        listed = [item for item in listed if item["LastModified"].timestamp() >= since]
        if listed:
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in listed]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
