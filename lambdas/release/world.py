"""Reads stacks, endpoint and packages, and carries out a step."""

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from interfaces.function_env import ReleaseEnv
from interfaces.layout import split_uri
from interfaces.reports import GOLDEN_FILE
from lambdas.release.decision import STACK_POLICY, Monitored, Serving, SmokeTest, UpdateMonitoring, UpdateServing
from lambdas.release.monitors import Failure
from lambdas.release.package import Package
from lambdas.release.smoke import differences, too_slow

NO_CHANGE = "No updates are to be performed"
BUSY = "and can not be updated"
TRIES = 3  # the first request to a new container is slower than those that follow


class World:
    """CloudFormation and SageMaker as the release function sees them."""

    def __init__(self, client: Any, env: ReleaseEnv) -> None:
        self._cloudformation, self._sagemaker = client("cloudformation"), client("sagemaker")
        self._runtime, self._s3 = client("sagemaker-runtime"), client("s3")
        self._env = env

    def serving(self) -> Serving:
        """The Serving stack, and the endpoint if there is one."""
        stack = self._stack(self._env.serving_stack)
        status, config = "", ""
        try:
            endpoint = self._sagemaker.describe_endpoint(EndpointName=self._env.endpoint_name)
            status, config = endpoint["EndpointStatus"], endpoint["EndpointConfigName"]
        except ClientError as error:
            if "Could not find" not in error.response["Error"]["Message"]:
                raise
        values = _parameters(stack)
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        return Serving(
            stack_status=stack["StackStatus"],
            package=values.get("ModelPackageArn", ""),
            generation=int(values.get("Generation", "0")),
            endpoint_status=status,
            endpoint_config=config,
            wanted_config=outputs.get("EndpointConfigName", ""),
            reason=stack.get("StackStatusReason", ""),
        )

    def monitored(self) -> Monitored:
        """The Monitoring stack."""
        stack = self._stack(self._env.monitoring_stack)
        values = _parameters(stack)
        return Monitored(stack["StackStatus"], values.get("ModelPackageArn", ""), values.get("Engine", ""))

    def cause(self, status_reason: str) -> str:
        """Why the Serving stack's last update failed, in the words of the resource that failed first."""
        events = self._cloudformation.describe_stack_events(StackName=self._env.serving_stack)["StackEvents"]
        found = ""
        for event in events:  # newest first, back to the start of the last update
            own = event["ResourceType"] == "AWS::CloudFormation::Stack"
            if own and event["ResourceStatus"] == "UPDATE_IN_PROGRESS":
                break
            if not own and event["ResourceStatus"] in ("CREATE_FAILED", "UPDATE_FAILED"):
                found = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        return found or status_reason

    def update_serving(self, step: UpdateServing) -> bool:
        """Send the release; False if somebody else's update has just begun.

        The service role is pinned: without it the stack's own role would be used.
        """
        changes = {"ModelPackageArn": step.package, "Generation": str(step.generation)}
        return self._update(self._env.serving_stack, self._env.serving_role_arn, changes, step.token, StackPolicyBody=STACK_POLICY)

    def update_monitoring(self, step: UpdateMonitoring, generation: int, engine: str) -> bool:
        """Monitoring follows the package, with the baseline and the data version that belong to it."""
        package = self.package(step.package)
        changes = {"ModelPackageArn": step.package, "BaselineUri": package.baseline, "DatasetVersion": package.version, "Engine": engine}
        return self._update(self._env.monitoring_stack, self._env.monitoring_role_arn, changes, f"monitor-{generation}-{engine}")

    def monitoring_failure(self) -> Failure | None:
        """The first resource that failed in the last update of Monitoring."""
        found = None
        for event in self._cloudformation.describe_stack_events(StackName=self._env.monitoring_stack)["StackEvents"]:  # newest first
            own = event["ResourceType"] == "AWS::CloudFormation::Stack"
            if own and event["ResourceStatus"] in ("UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"):
                break
            if not own and event["ResourceStatus"] in ("CREATE_FAILED", "UPDATE_FAILED"):
                found = Failure(event["ResourceType"], event.get("ResourceStatusReason", ""))
        return found

    def smoke_test(self, step: SmokeTest) -> str | None:
        """What is wrong with the endpoint's answers to the package's golden rows; None where the package has none."""
        golden = self._golden(step.package)
        if golden is None:
            return None
        try:
            wrong = differences(golden, self._ask(golden["rows"], step))
            seconds = []
            for _ in range(0 if wrong else TRIES):
                began = time.monotonic()
                self._ask(golden["rows"][:1], step)
                seconds.append(time.monotonic() - began)
                if not too_slow(seconds[-1], self._env.smoke_latency_ms):
                    break
        except ClientError as error:
            if error.response["Error"]["Code"] != "ModelError":
                raise
            return str(error.response["Error"]["Message"])
        return wrong or too_slow(min(seconds), self._env.smoke_latency_ms)

    def packages(self) -> list[Package]:
        """Approved packages, in the order of their last change: missed events are made up for in that order."""
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self._env.model_package_group, ModelApprovalStatus="Approved"
        )
        found = [self.package(summary["ModelPackageArn"]) for page in pages for summary in page["ModelPackageSummaryList"]]
        return sorted(found, key=lambda p: p.modified)

    def package(self, arn: str) -> Package:
        return Package.of(self._sagemaker.describe_model_package(ModelPackageName=arn))

    def find(self, arn: str) -> Package | None:
        """None for a package that was deleted: SageMaker finds it as little as one that never was."""
        try:
            return self.package(arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            return None

    def _golden(self, package: str) -> dict[str, Any] | None:
        report = self.package(package).evaluation
        if not report:
            return None
        bucket, key = split_uri(f"{report.rsplit('/', 1)[0]}/{GOLDEN_FILE}")
        try:
            return dict(json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def _ask(self, rows: list[dict[str, Any]], step: SmokeTest) -> bytes:
        answer = self._runtime.invoke_endpoint(
            EndpointName=self._env.endpoint_name,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps(rows).encode(),
            InferenceId=f"smoke-{step.generation}",
        )
        return bytes(answer["Body"].read())

    def _update(self, name: str, role: str, changes: dict[str, str], token: str, **extra: Any) -> bool:
        kept = [p for p in _parameters(self._stack(name)) if p not in changes]
        parameters: list[dict[str, Any]] = [{"ParameterKey": k, "ParameterValue": v} for k, v in changes.items()]
        parameters += [{"ParameterKey": k, "UsePreviousValue": True} for k in kept]
        try:
            self._cloudformation.update_stack(
                StackName=name,
                UsePreviousTemplate=True,
                Parameters=parameters,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                RoleARN=role,
                ClientRequestToken=token,
                **extra,
            )
        except ClientError as error:
            answer = error.response["Error"]
            if BUSY in answer["Message"]:
                return False
            if NO_CHANGE not in answer["Message"] and answer["Code"] != "TokenAlreadyExistsException":
                raise
        return True

    def _stack(self, name: str) -> dict[str, Any]:
        return dict(self._cloudformation.describe_stacks(StackName=name)["Stacks"][0])


def _parameters(stack: dict[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
