"""The SageMaker pipeline, the roles of its jobs, and the group its models are registered in."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from aws_cdk import Aws, CfnMapping, Fn
from constructs import Construct

from infra import assets
from infra.definition import compiled
from infra.environment import Environment, metric_of
from infra.iam import PARTITION, REGION, Statement, allow, arn, pass_role, role, s3_arn, use_key
from infra.platform.storage import Storage
from infra.stack import publish, resource
from interfaces import layout
from interfaces.contract import Contract
from interfaces.pipeline_settings import PLACEHOLDERS, PipelineSettings
from interfaces.policy import Policy

IMAGE_REPOSITORY = "sagemaker-scikit-learn"
IMAGE_TAG = "1.9-0-cpu-py3"
# SageMaker is named in these roles' trust policies
_SAGEMAKER = "sagemaker.amazonaws.com"


class Training(Construct):
    """Pipeline, package group and the three roles: pipeline, processing jobs, training jobs."""

    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage, git_commit: str
    ) -> None:
        super().__init__(scope, id)
        self._names, self._storage = environment.names, storage
        steps, source = publish(self, assets.steps()), publish(self, assets.source())
        policy = policy_of(environment, contract)
        plan = publish(self, assets.text(policy.plan.to_json(), ".json"))
        no_champion = publish(self, assets.text("nothing serves\n", ".txt"))
        self._registry = image_registry(self)
        self.steps = steps
        self.image_uri = f"{self._registry}.dkr.ecr.{REGION}.{Aws.URL_SUFFIX}/{IMAGE_REPOSITORY}:{IMAGE_TAG}"
        group = resource(
            self,
            "Models",
            "AWS::SageMaker::ModelPackageGroup",
            ModelPackageGroupName=self._names.model_package_group,
            ModelPackageGroupDescription=f"Models of {self._names.prefix}",
        )
        processing, training = self._job_role("processing", steps, plan, no_champion), self._job_role("training", source)
        values = {
            "ProcessingRoleArn": processing,
            "TrainingRoleArn": training,
            "ImageUri": self.image_uri,
            "AssetBucket": steps.bucket,
            "StepsFile": steps.key,
            "SourceFile": source.key,
            "PlanFile": plan.key,
            "NoChampionFile": no_champion.key,
            "DataBucket": storage.data,
            "ArtefactBucket": storage.artefacts,
            "KmsKeyArn": storage.key_arn,
            "ModelPackageGroup": self._names.model_package_group,
            "GitCommit": git_commit,
            "Region": REGION,
        }
        pipeline = resource(
            self,
            "Pipeline",
            "AWS::SageMaker::Pipeline",
            PipelineName=self._names.pipeline,
            PipelineDisplayName=self._names.pipeline,
            PipelineDescription="Dataset version to registered model",
            RoleArn=self._pipeline_role(processing, training),
            PipelineDefinition={"PipelineDefinitionBody": _filled(compiled(settings_of(environment, contract)), values)},
        )
        pipeline.add_resource_dependency(group)

    def _job_role(self, kind: str, *ours: assets.Location) -> str:
        runs = s3_arn(self._storage.artefacts, f"{layout.RUNS}/*")
        data = self._storage.data
        read = [
            *(s3_arn(file.bucket, file.key) for file in ours),
            runs,
            s3_arn(data, f"{layout.CURATED}*"),
            s3_arn(data, f"{layout.MANIFESTS}*"),
        ]
        listed = [s3_arn(ours[0].bucket), s3_arn(data), s3_arn(self._storage.artefacts)]
        return role(
            self,
            f"{kind.capitalize()}Role",
            name=self._names.role(f"{kind}-job"),
            service=_SAGEMAKER,
            purpose=f"The pipeline's {kind} jobs",
            statements=[
                allow("ReadInputs", ["s3:GetObject"], read),
                allow("ListInputs", ["s3:ListBucket"], listed),
                allow("WriteOutputs", ["s3:PutObject"], [runs]),
                use_key(self._storage.key_arn),
                *self.run_job(f"{kind.capitalize()}Jobs"),
            ],
        )

    def run_job(self, kind: str) -> list[Statement]:
        """What the role of a ``ProcessingJobs`` or ``TrainingJobs`` job needs whatever it does."""
        return [
            # SageMaker attaches the encrypted volume of a job with a grant that the job's role makes
            allow("EncryptVolume", ["kms:CreateGrant"], [self._storage.key_arn], {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
            *observe(kind),
            *pull_image(self._registry),
        ]

    def _pipeline_role(self, processing: str, training: str) -> str:
        jobs = [arn("sagemaker", f"{kind}-job/pipelines-*") for kind in ("processing", "training")]
        package = [
            arn("sagemaker", f"{kind}/{self._names.model_package_group}{tail}")
            for kind, tail in (("model-package-group", ""), ("model-package", "/*"))
        ]
        create = ["sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob"]
        follow = [f"sagemaker:{verb}{kind}Job" for kind in ("Processing", "Training") for verb in ("Describe", "Stop")]
        return role(
            self,
            "PipelineRole",
            name=self._names.role("pipeline"),
            service=_SAGEMAKER,
            purpose="The pipeline itself: starts jobs, reads their reports, registers models",
            statements=[
                allow("RunJobs", [*create, *follow], jobs),
                allow("TagWhatItCreates", ["sagemaker:AddTags"], [*jobs, *package]),
                pass_role("PassJobRoles", processing, _SAGEMAKER),
                pass_role("PassTrainingRole", training, _SAGEMAKER),
                allow("RegisterModels", ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"], package),
                allow("ReadReports", ["s3:GetObject"], [s3_arn(self._storage.artefacts, f"{layout.RUNS}/*")]),
                use_key(self._storage.key_arn, write=False),
                *pull_image(self._registry),
            ],
        )


def image_registry(scope: Construct) -> str:
    """The account of the scikit-learn image in the stack's region, from a mapping of the SDK's registry accounts."""
    mapping = CfnMapping(scope, "SklearnRegistry", mapping={region: {"Account": account} for region, account in registries().items()})
    return mapping.find_in_map(REGION, "Account")


@cache
def registries() -> dict[str, str]:
    """Registry account by region, read from the SDK's data file (importing the SDK takes seconds)."""
    import importlib.util

    found = importlib.util.find_spec("sagemaker")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the SageMaker SDK is not installed; run: make install")
    path = Path(next(iter(found.submodule_search_locations))) / "core" / "image_uri_config" / "sklearn.json"
    versions = json.loads(path.read_text())["training"]["versions"]
    accounts: dict[str, str] = versions[IMAGE_TAG.removesuffix("-cpu-py3")]["registries"]
    return dict(sorted(accounts.items()))


def observe(*kinds: str) -> list[Statement]:
    """What SageMaker needs of a role to write logs and metrics of ``TrainingJobs``, ``Endpoints`` and other kinds."""
    groups = [arn("logs", f"log-group:/aws/sagemaker/{kind}*") for kind in kinds]
    write = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    namespaces = [f"/aws/sagemaker/{kind}" for kind in kinds]
    of_kind = {"StringEquals": {"cloudwatch:namespace": namespaces[0] if len(kinds) == 1 else namespaces}}
    return [allow("WriteLogs", write, groups), allow("PublishMetrics", ["cloudwatch:PutMetricData"], ["*"], of_kind)]


def pull_image(registry: str) -> list[Statement]:
    """Pull the scikit-learn image; the authorization token has no resource to name."""
    repository = f"arn:{PARTITION}:ecr:{REGION}:{registry}:repository/{IMAGE_REPOSITORY}"
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [allow("PullImage", pull, [repository]), allow("AuthorizePull", ["ecr:GetAuthorizationToken"], ["*"])]


def policy_of(environment: Environment, contract: Contract) -> Policy:
    """The gate's policy as the functions and the pipeline read it."""
    return environment.policy.to_wire(metric_of(environment, contract), environment.pipeline.threshold)


def settings_of(environment: Environment, contract: Contract) -> PipelineSettings:
    p = environment.pipeline
    return PipelineSettings(
        problem_type=contract.problem_type,
        metric=metric_of(environment, contract),
        threshold=p.threshold,
        instance_type=p.instance_type,
        volume_gb=p.volume_gb,
        max_runtime_s=p.max_runtime_s,
        seed=p.seed,
        learning_rate=p.learning_rate,
        max_iter=p.max_iter,
        max_leaf_nodes=p.max_leaf_nodes,
    )


def _filled(definition: str, values: Mapping[str, str]) -> str:
    unfilled = set(PLACEHOLDERS) ^ set(values)
    if unfilled:
        raise RuntimeError(f"placeholders and values differ: {', '.join(sorted(unfilled))}")
    compact = json.dumps(json.loads(definition), sort_keys=True, separators=(",", ":"))
    return Fn.sub(compact, dict(values))
