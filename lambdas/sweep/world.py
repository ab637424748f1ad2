"""Reads what there is of configs, models, runs and references to them, and removes what is planned."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from interfaces import layout
from interfaces.function_env import SweepEnv
from lambdas.sweep.decision import Found, Plan

_GONE = ("Could not find", "does not exist")
_BATCH = 1000  # keys of one DeleteObjects


class World:
    """The account, as far as the sweep looks at it."""

    def __init__(self, client: Callable[[str], Any], env: SweepEnv) -> None:
        self._sagemaker, self._s3, self._cloudformation = client("sagemaker"), client("s3"), client("cloudformation")
        self._env = env

    def stack(self) -> tuple[str, str]:
        """The Serving stack's status and the generation that it holds."""
        found = self._cloudformation.describe_stacks(StackName=self._env.serving_stack)["Stacks"][0]
        held = {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", [])}
        return found["StackStatus"], held.get("Generation", "0")

    def look(self, generation: str) -> Found:
        """Everything, read anew."""
        configs = {c["EndpointConfigName"]: c["CreationTime"] for c in self._pages("list_endpoint_configs", "EndpointConfigs")}
        models = {
            m["ModelName"]: m["CreationTime"]
            for m in self._pages("list_models", "Models", NameContains=self._env.model_prefix)
            if m["ModelName"].startswith(self._env.model_prefix)
        }
        packages = [self._package(p["ModelPackageArn"]) for p in self._packages()]
        known = {p["ModelPackageArn"]: frozenset(_uris(p)) for p in packages}
        files, unknown = self._files(models, known)
        return Found(
            configs={name: made for name, made in configs.items() if name.startswith(self._env.config_prefix)},
            models=models,
            runs=self._runs(),
            serving=frozenset(self._serving()),
            held=frozenset(self._held(generation, [*configs, *models])),
            models_of={name: frozenset(self._models_of(name)) for name in configs},
            files_of=files,
            packaged=frozenset().union(*known.values()),
            unknown=frozenset(unknown),
        )

    def remove(self, plan: Plan) -> None:
        """Configs before models before runs. What is gone already is no fault."""
        for name in plan.configs:
            _gone_is_fine(lambda n=name: self._sagemaker.delete_endpoint_config(EndpointConfigName=n))  # type: ignore[misc]
        for name in plan.models:
            _gone_is_fine(lambda n=name: self._sagemaker.delete_model(ModelName=n))  # type: ignore[misc]
        for run in plan.runs:
            _, prefix = layout.split_uri(run)
            keys = [{"Key": item["Key"]} for item in self._objects(prefix)]
            for start in range(0, len(keys), _BATCH):
                batch = {"Objects": keys[start : start + _BATCH], "Quiet": True}
                answer = self._s3.delete_objects(Bucket=self._env.artefacts_bucket, Delete=batch)
                if faults := answer.get("Errors"):
                    raise RuntimeError(f"{len(faults)} files of {run} stay: {faults[0]['Key']}: {faults[0].get('Message', '')}")

    def _held(self, generation: str, names: list[str]) -> Iterator[str]:
        """Names of the configs and models of that generation, of every hosting kind."""
        for prefix in (self._env.config_prefix, self._env.model_prefix):
            yield from (n for n in names if n == f"{prefix}{generation}" or n.startswith(f"{prefix}{generation}-"))

    def _serving(self) -> Iterator[str]:
        for summary in self._pages("list_endpoints", "Endpoints"):
            try:
                endpoint = self._sagemaker.describe_endpoint(EndpointName=summary["EndpointName"])
            except ClientError as error:
                if not _gone(error):
                    raise
                continue
            yield endpoint["EndpointConfigName"]
            if pending := endpoint.get("PendingDeploymentSummary"):
                yield pending["EndpointConfigName"]

    def _models_of(self, config: str) -> Iterator[str]:
        try:
            found = self._sagemaker.describe_endpoint_config(EndpointConfigName=config)
        except ClientError as error:
            if not _gone(error):
                raise
            return
        for variant in [*found["ProductionVariants"], *found.get("ShadowProductionVariants", [])]:
            if "ModelName" in variant:
                yield variant["ModelName"]

    def _files(self, models: dict[str, datetime], known: dict[str, frozenset[str]]) -> tuple[dict[str, frozenset[str]], list[str]]:
        """URIs that each model reads, and the models of which that cannot be told."""
        files, unknown = {}, []
        for name in models:
            model = self._sagemaker.describe_model(ModelName=name)
            containers = [*model.get("Containers", []), *([model["PrimaryContainer"]] if "PrimaryContainer" in model else [])]
            files[name] = frozenset(_uris(containers)).union(*(known.get(c.get("ModelPackageName", ""), ()) for c in containers))
            if any("ModelDataUrl" not in c and c.get("ModelPackageName") not in known for c in containers):
                unknown.append(name)
        return files, unknown

    def _runs(self) -> dict[str, datetime]:
        """The folder of each run, as a URI, with the time of its newest file."""
        newest: dict[str, list[datetime]] = defaultdict(list)
        for item in self._objects(f"{layout.RUNS}/"):
            parts = item["Key"].split("/")
            if len(parts) > 2:
                newest[f"s3://{self._env.artefacts_bucket}/{layout.RUNS}/{parts[1]}/"].append(item["LastModified"])
        return {run: max(times) for run, times in newest.items()}

    def _objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._env.artefacts_bucket, Prefix=prefix):
            yield from page.get("Contents", [])

    def _packages(self) -> Iterator[dict[str, Any]]:
        return self._pages("list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=self._env.model_package_group)

    def _package(self, arn: str) -> dict[str, Any]:
        return dict(self._sagemaker.describe_model_package(ModelPackageName=arn))

    def _pages(self, operation: str, member: str, **params: str) -> Iterator[dict[str, Any]]:
        for page in self._sagemaker.get_paginator(operation).paginate(**params):
            yield from page[member]


def _uris(value: Any) -> Iterator[str]:
    """Every S3 URI inside a description."""
    if isinstance(value, str):
        if value.startswith("s3://"):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _uris(part)
    elif isinstance(value, list):
        for part in value:
            yield from _uris(part)


def _gone_is_fine(remove: Callable[[], object]) -> None:
    try:
        remove()
    except ClientError as error:
        if not _gone(error):
            raise


def _gone(error: ClientError) -> bool:
    return any(words in error.response["Error"]["Message"] for words in _GONE)
