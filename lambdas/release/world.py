"""Reads stacks and endpoint, and carries out a step."""

from typing import Any

from botocore.exceptions import ClientError

from interfaces.function_env import ReleaseEnv
from lambdas.release.decision import STACK_POLICY, Monitored, Serving, UpdateMonitoring, UpdateServing

NO_CHANGE = "No updates are to be performed"


class World:
    """CloudFormation and SageMaker as the release function sees them."""

    def __init__(self, cloudformation: Any, sagemaker: Any, env: ReleaseEnv) -> None:
        self._cloudformation, self._sagemaker, self._env = cloudformation, sagemaker, env

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
        return Serving(
            stack_status=stack["StackStatus"],
            package=values.get("ModelPackageArn", ""),
            generation=int(values.get("Generation", "0")),
            endpoint_status=status,
            endpoint_config=config,
            reason=stack.get("StackStatusReason", ""),
        )

    def monitored(self) -> Monitored:
        """The Monitoring stack."""
        stack = self._stack(self._env.monitoring_stack)
        return Monitored(stack["StackStatus"], _parameters(stack).get("ModelPackageArn", ""))

    def update_serving(self, step: UpdateServing) -> None:
        """Send the release. The service role is pinned: without it the stack's own role would be used."""
        changes = {"ModelPackageArn": step.package, "Generation": str(step.generation)}
        self._update(self._env.serving_stack, self._env.serving_role_arn, changes, step.token, StackPolicyBody=STACK_POLICY)

    def update_monitoring(self, step: UpdateMonitoring, generation: int) -> None:
        self._update(self._env.monitoring_stack, self._env.monitoring_role_arn, {"ModelPackageArn": step.package}, f"monitor-{generation}")

    def _update(self, name: str, role: str, changes: dict[str, str], token: str, **extra: Any) -> None:
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
            if NO_CHANGE not in answer["Message"] and answer["Code"] != "TokenAlreadyExistsException":
                raise

    def _stack(self, name: str) -> dict[str, Any]:
        return dict(self._cloudformation.describe_stacks(StackName=name)["Stacks"][0])


def _parameters(stack: dict[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
