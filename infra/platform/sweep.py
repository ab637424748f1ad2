"""Removes what releases leave behind: configs, models and files of runs that nothing references."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import allow, arn, s3_arn
from infra.platform.storage import Storage
from infra.platform.verb import Verb
from interfaces import events, layout
from interfaces.contract import Contract
from interfaces.function_env import SweepEnv

DAY_MINUTES = 24 * 60


class Sweep(Verb):
    """Once a day. Models and endpoint configs carry `UpdateReplacePolicy: Retain`, so nothing else removes them."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        names = self._names
        group = names.model_package_group
        models, configs = (
            arn("sagemaker", f"{kind}/{name}*")
            for kind, name in (("model", names.model("")), ("endpoint-config", names.endpoint_config("")))
        )
        function = self._function(
            "sweep",
            SweepEnv(
                serving_stack=names.serving_stack,
                model_package_group=group,
                artefacts_bucket=storage.artefacts,
                model_prefix=names.model(""),
                config_prefix=names.endpoint_config(""),
                retention_days=float(environment.operations.unreferenced_days),
            ),
            [
                allow("ReadServing", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{names.serving_stack}/*")]),
                # the lists have no resource to name
                allow(
                    "FindReferences",
                    ["sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs", "sagemaker:ListModels", "sagemaker:ListModelPackages"],
                    ["*"],
                ),
                # somebody else's endpoint may run a model of ours: all of the account's are looked at
                allow(
                    "ReadReferences",
                    ["sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"],
                    [arn("sagemaker", "endpoint/*"), arn("sagemaker", "endpoint-config/*")],
                ),
                allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [arn("sagemaker", f"model-package/{group}/*")]),
                allow("RemoveModels", ["sagemaker:DescribeModel", "sagemaker:DeleteModel"], [models]),
                allow("RemoveConfigs", ["sagemaker:DeleteEndpointConfig"], [configs]),
                allow("FindFiles", ["s3:ListBucket"], [s3_arn(storage.artefacts)], {"StringLike": {"s3:prefix": [f"{layout.RUNS}/*"]}}),
                # bucket versioning keeps what is removed for noncurrent_version_days
                allow("RemoveFiles", ["s3:DeleteObject"], [s3_arn(storage.artefacts, f"{layout.RUNS}/*")]),
            ],
            shared=False,
            timeout_s=300,
        )
        self._every("SweepDaily", DAY_MINUTES, events.SWEEP, function, "Removes what nothing references any more")
