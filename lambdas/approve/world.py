"""Reads packages, reports and what serves, and carries out what the gate decides."""

from typing import Any

from interfaces.function_env import ApproveEnv
from lambdas.approve.registry import Registry
from lambdas.approve.reports import read_report
from lambdas.shared.champion import Champion, champion
from lambdas.shared.notify import notify
from lambdas.shared.table import Table


class World(Registry):
    """The registry, and what else the gate sees of the account."""

    def __init__(self, client: Any, env: ApproveEnv) -> None:
        super().__init__(client("sagemaker"), Table(client("dynamodb"), env.state_table), env.model_package_group)
        self._s3, self._sns, self._cloudformation, self._env = client("s3"), client("sns"), client("cloudformation"), env

    def report(self, package: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return read_report(self._s3, package)

    def serving(self) -> Champion | None:
        return champion(self._cloudformation, self._sagemaker, self._env.serving_stack)

    def keep(self, key: str, evidence: str) -> str:
        """Write an evidence file; its URI."""
        self._s3.put_object(Bucket=self._env.evidence_bucket, Key=key, Body=evidence.encode(), ContentType="application/json")
        return f"s3://{self._env.evidence_bucket}/{key}"

    def tell(self, subject: str, text: str) -> None:
        notify(self._sns, self._env.topic_arn, subject, text)
