"""The checks: each yields findings on one kind of thing that a deployment needs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from cli.preflight.assembly import Needs
from cli.preflight.finding import ERROR, OK, UNKNOWN, WARNING, Finding

# cdk bootstrap's defaults: qualifier, and the version that file assets and roles of today's CLI need
_QUALIFIER, _BOOTSTRAP_VERSION = "hnb659fds", 6
# CloudFormation compares with the last template, not with what is there
_NOT_RESTORED = "as deploying an unchanged template restores nothing"
_BOOTSTRAP_ROLES = ("deploy-role", "file-publishing-role", "cfn-exec-role")


@dataclass(frozen=True)
class Account:
    """Where it is going to be deployed. ``deployed`` are the assembly's stacks that are there already."""

    client: Callable[[str], Any]
    id: str
    region: str
    deployed: frozenset[str]


def bootstrap(account: Account, _: Needs) -> Iterator[Finding]:
    """The CDK's own bucket and roles."""
    fix = f"cdk bootstrap aws://{account.id}/{account.region}"
    parameter = f"/cdk-bootstrap/{_QUALIFIER}/version"
    try:
        version = int(account.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"])
    except ClientError as error:
        if _code(error) != "ParameterNotFound":
            raise
        yield Finding("bootstrap", ERROR, f"{account.region} is not bootstrapped for the CDK", fix)
        return
    if version < _BOOTSTRAP_VERSION:
        yield Finding("bootstrap", ERROR, f"bootstrap version {version}, at least {_BOOTSTRAP_VERSION} is needed", fix)
        return
    yield Finding("bootstrap", OK, f"version {version}")
    for role in _BOOTSTRAP_ROLES:
        name = f"cdk-{_QUALIFIER}-{role}-{account.id}-{account.region}"
        if _role(account, name) is None:
            yield Finding("bootstrap", ERROR, f"the role {name} is gone", fix)


def roles(account: Account, needs: Needs) -> Iterator[Finding]:
    """Roles that are in the way of the first deployment, and roles of a deployment that were changed by hand."""
    faults = 0
    for name, (stack, service) in sorted(needs.roles.items()):
        found = _role(account, name)
        if stack not in account.deployed:
            if found is not None:
                faults += 1
                yield Finding("roles", ERROR, f"{name} exists, and {stack} does not: creating it would fail", f"delete the role {name}")
            continue
        if found is None:
            # a role that this deployment adds is not there yet either
            fix = f"nothing if it is new; deleted by hand: make it again as the template of {stack} in cdk.out has it, {_NOT_RESTORED}"
            yield Finding("roles", WARNING, f"{name} of {stack} is not there; it is new in this version, or was deleted by hand", fix)
            faults += 1
        elif not _trusts(found["AssumeRolePolicyDocument"], service):
            faults += 1
            fix = f"aws iam update-assume-role-policy --role-name {name} --policy-document with that of {stack} in cdk.out, {_NOT_RESTORED}"
            yield Finding("roles", ERROR, f"{name} does not trust {service}", fix)
    if not faults:
        yield Finding("roles", OK, f"{len(needs.roles)} roles are free or as deployed")


def quotas(account: Account, needs: Needs) -> Iterator[Finding]:
    """Instances that the pipeline and a release need at once."""
    client = account.client("service-quotas")
    values: dict[str, float] = {}
    # a quota that was never changed for this account has no applied value, and is listed among the defaults only
    for listing in ("list_service_quotas", "list_aws_default_service_quotas"):
        if any(f"{kind} for {use}" not in values for kind, use in needs.instances):
            for page in client.get_paginator(listing).paginate(ServiceCode="sagemaker"):
                values = {q["QuotaName"]: q["Value"] for q in page["Quotas"]} | values
    for (kind, use), count in sorted(needs.instances.items()):
        name = f"{kind} for {use}"
        if name not in values:
            yield Finding("quotas", UNKNOWN, f"Service Quotas lists no {name!r}", "is the instance type offered in this region?")
        elif values[name] < count:
            fix = f"ask Service Quotas for more, or choose another instance type (quota {name!r} of SageMaker)"
            yield Finding("quotas", ERROR, f"{name}: {values[name]:g}, needed: {count}", fix)
        else:
            yield Finding("quotas", OK, f"{name}: {values[name]:g}, needed: {count}")


def keys(account: Account, needs: Needs) -> Iterator[Finding]:
    """The project's key: free to be made, or usable."""
    kms = account.client("kms")
    for alias, stack in sorted(needs.aliases.items()):
        try:
            key = kms.describe_key(KeyId=alias)["KeyMetadata"]
        except kms.exceptions.NotFoundException:
            missing = stack in account.deployed
            fix = f"make the alias {alias} again for the key that {stack} has"
            yield Finding("keys", ERROR, f"{alias} of {stack} is gone", fix) if missing else Finding("keys", OK, f"{alias} is free")
            continue
        if stack not in account.deployed:
            fix = f"aws kms delete-alias --alias-name {alias}"
            yield Finding("keys", ERROR, f"{alias} exists, and {stack} does not: creating it would fail", fix)
        elif key["KeyState"] != "Enabled":
            fix = f"aws kms cancel-key-deletion --key-id {key['KeyId']} and aws kms enable-key --key-id {key['KeyId']}"
            yield Finding("keys", ERROR, f"the key of {alias} is {key['KeyState']}: nothing encrypted with it can be read", fix)
        elif not kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]:
            fix = f"aws kms enable-key-rotation --key-id {key['KeyId']}"
            yield Finding("keys", WARNING, f"the key of {alias} is not rotated", fix)
        else:
            yield Finding("keys", OK, f"{alias} is enabled and rotated")


def buckets(account: Account, needs: Needs) -> Iterator[Finding]:
    """Buckets: names that are taken, and policies that keep our own roles out or let plain HTTP in."""
    s3 = account.client("s3")
    faults = 0
    for name, stack in sorted(needs.buckets.items()):
        try:
            s3.head_bucket(Bucket=name)
        except ClientError as error:
            if _code(error) == "403" and stack in account.deployed:
                faults += 1
                fix = "allow the caller s3:ListBucket on it to check it here"
                yield Finding("buckets", UNKNOWN, f"{name} of {stack} may not be looked at: HeadBucket (403)", fix)
            elif _code(error) not in ("404", "NoSuchBucket"):
                faults += 1
                fix = "choose another project name, or ask whoever owns the bucket"
                yield Finding("buckets", ERROR, f"{name} cannot be reached ({_code(error)}): another account may own the name", fix)
            elif stack in account.deployed:
                faults += 1
                fix = (
                    f"nothing if it is new; deleted by hand: aws s3 mb s3://{name}, and its policy as the template has it, {_NOT_RESTORED}"
                )
                yield Finding("buckets", WARNING, f"{name} of {stack} is not there; it is new in this version, or was deleted by hand", fix)
            continue
        if stack not in account.deployed:
            faults += 1
            fix = f"empty and delete it if its data may go, or deploy with another project name: {name}"
            yield Finding("buckets", ERROR, f"{name} exists, and {stack} does not: creating it would fail", fix)
            continue
        for problem, fix in _policy_faults(s3, name):
            faults += 1
            yield Finding("buckets", ERROR, f"{name}: {problem}", fix)
    if not faults:
        yield Finding("buckets", OK, f"{len(needs.buckets)} buckets are free or as deployed")


def image(account: Account, needs: Needs) -> Iterator[Finding]:
    """The image of jobs and endpoint, in the registry of this region."""
    for problem in sorted(needs.missing_images):
        yield Finding(
            "image", ERROR, problem, "deploy to a region that has the scikit-learn image (AWS docs: sagemaker-algo-docker-registry-paths)"
        )
    ecr = account.client("ecr")
    for wanted in needs.images:
        name = f"{wanted.registry}/{wanted.repository}:{wanted.tag}"
        try:
            answer = ecr.batch_get_image(registryId=wanted.registry, repositoryName=wanted.repository, imageIds=[{"imageTag": wanted.tag}])
        except ecr.exceptions.RepositoryNotFoundException:
            yield Finding("image", ERROR, f"the registry has no {name}", "deploy to a region that has the image")
            continue
        if answer["images"]:
            yield Finding("image", OK, f"{name} can be pulled")
        else:
            reason = answer["failures"][0].get("failureReason", "no reason given") if answer["failures"] else "no image"
            yield Finding("image", ERROR, f"{name}: {reason}", "deploy to a region that has this version of the image")


def engine(account: Account, _: Needs) -> Iterator[Finding]:
    """Which monitoring engine the account can use. No API says it: the type's presence and existing schedules are the signs."""
    processing = 'set monitoring.engine = "processing" in the environment file'
    try:
        account.client("cloudformation").describe_type(Type="RESOURCE", TypeName="AWS::SageMaker::MonitoringSchedule")
    except ClientError as error:
        if _code(error) != "TypeNotFoundException":
            raise
        yield Finding("engine", WARNING, f"{account.region} has no Model Monitor schedules in CloudFormation", processing)
        return
    if account.client("sagemaker").list_monitoring_schedules(MaxResults=1)["MonitoringScheduleSummaries"]:
        yield Finding("engine", OK, "the account has Model Monitor schedules: both engines can be used")
        return
    found = "the account has no Model Monitor schedule yet, and Model Monitor is closed to new customers"
    yield Finding("engine", UNKNOWN, found, f'keep monitoring.engine = "auto", which tries schedules first, or {processing}')


def _policy_faults(s3: Any, bucket: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to do) in the policy of a deployed bucket."""
    again = f"aws s3api put-bucket-policy --bucket {bucket} with the policy of the template in cdk.out, {_NOT_RESTORED}"
    try:
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if _code(error) != "NoSuchBucketPolicy":
            raise
        yield "it has no policy, so plain HTTP is allowed", again
        return
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    if not any(s["Effect"] == "Deny" and _condition(s, "Bool", "aws:SecureTransport") == "false" for s in statements):
        yield "its policy does not deny plain HTTP", again
    for statement in statements:
        everyone = statement.get("Principal") in ("*", {"AWS": "*"})
        if statement["Effect"] == "Deny" and everyone and _condition(statement, "Bool", "aws:SecureTransport") is None:
            yield f"statement {statement.get('Sid', 'without a Sid')} denies everyone, our roles included", again
        if statement["Effect"] == "Allow" and everyone and not statement.get("Condition"):
            yield f"statement {statement.get('Sid', 'without a Sid')} allows everyone", again


def _condition(statement: dict[str, Any], operator: str, key: str) -> str | None:
    found = statement.get("Condition", {}).get(operator, {}).get(key)
    return None if found is None else str(found[0] if isinstance(found, list) else found).lower()


def _role(account: Account, name: str) -> dict[str, Any] | None:
    iam = account.client("iam")
    try:
        return dict(iam.get_role(RoleName=name)["Role"])
    except iam.exceptions.NoSuchEntityException:
        return None


def _trusts(document: Any, service: str) -> bool:
    trust = json.loads(unquote(document)) if isinstance(document, str) else document
    statements = trust["Statement"] if isinstance(trust["Statement"], list) else [trust["Statement"]]
    principals = [s.get("Principal", {}) for s in statements if s["Effect"] == "Allow"]
    services = [p.get("Service", []) for p in principals if isinstance(p, dict)]  # "*" is everybody: not what was deployed
    return any(service == s or service in s for s in services if s)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
