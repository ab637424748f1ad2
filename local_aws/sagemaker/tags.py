"""AddTags, ListTags and DeleteTags for what SageMaker holds here.

Tags belong to a resource as it was created: they are kept with its creation time, so what is created anew has none of the old ones.
"""

import json
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.moto_seam import HttpResponse, Parsed
from local_aws.sagemaker.jobs import PRINCIPAL, World
from local_aws.sagemaker.names import page

# the kind that an ARN names → how it is described, and the member that names it
_DESCRIBED = {
    "pipeline": ("describe_pipeline", "PipelineName"),
    "processing-job": ("describe_processing_job", "ProcessingJobName"),
    "training-job": ("describe_training_job", "TrainingJobName"),
    "transform-job": ("describe_transform_job", "TransformJobName"),
    "hyper-parameter-tuning-job": ("describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName"),
    "model": ("describe_model", "ModelName"),
    "model-package-group": ("describe_model_package_group", "ModelPackageGroupName"),
    "endpoint": ("describe_endpoint", "EndpointName"),
    "endpoint-config": ("describe_endpoint_config", "EndpointConfigName"),
    "monitoring-schedule": ("describe_monitoring_schedule", "MonitoringScheduleName"),
    **{
        f"{kind}-job-definition": (f"describe_{kind.replace('-', '_')}_job_definition", "JobDefinitionName")
        for kind in ("data-quality", "model-quality", "model-bias", "model-explainability")
    },
}
_MOST = 5_000  # resources; the oldest go


class Tags:
    """Tags by the ARN of their resource."""

    kept = ("_tags",)

    def __init__(self, world: World) -> None:
        self._world = world
        self._tags: dict[str, tuple[datetime, dict[str, str]]] = {}
        self._lock = threading.Lock()

    def created(self, parsed: Parsed, response: HttpResponse) -> None:
        """What is created with tags has them."""
        given = parsed.params.get("Tags")
        if parsed.service != "sagemaker" or not parsed.operation.name.startswith("Create") or not given or response.status >= 300:
            return
        for arn in (v for k, v in json.loads(response.body).items() if k.endswith("Arn")):
            try:
                self._add(arn, given)
            except AwsError:
                pass  # gone again already, or of a kind whose tags are refused when they are asked for

    @operation("sagemaker", "AddTags")
    def add(self, call: Call) -> dict[str, Any]:
        return {"Tags": _listed(self._add(call.params["ResourceArn"], call.params["Tags"]))}

    @operation("sagemaker", "ListTags")
    def list(self, call: Call) -> dict[str, Any]:
        arn = call.params["ResourceArn"]
        return page(_listed(self._of(arn, self._made(arn))), call.params, "Tags", default=50)

    @operation("sagemaker", "DeleteTags")
    def delete(self, call: Call) -> None:
        arn = call.params["ResourceArn"]
        made = self._made(arn)
        with self._lock:
            self._tags[arn] = made, {k: v for k, v in self._of(arn, made).items() if k not in call.params["TagKeys"]}

    def _add(self, arn: str, tags: Sequence[dict[str, str]]) -> dict[str, str]:
        made = self._made(arn)
        with self._lock:
            found = self._of(arn, made) | {tag["Key"]: tag["Value"] for tag in tags}
            self._tags[arn] = made, found
            if len(self._tags) > _MOST:
                del self._tags[next(iter(self._tags))]
        return found

    def _of(self, arn: str, made: datetime) -> dict[str, str]:
        kept, tags = self._tags.get(arn, (made, {}))
        return tags if kept == made else {}

    def _made(self, arn: str) -> datetime:
        """When the resource was created. Raises AwsError where there is none."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if kind not in _DESCRIBED:
            raise Unsupported(f"tags of {arn} (it does those of {', '.join(_DESCRIBED)})")
        describe, member = _DESCRIBED[kind]
        try:
            described = getattr(self._world.clients.service("sagemaker", PRINCIPAL), describe)(**{member: name})
        except ClientError as error:
            answer = error.response
            raise AwsError(answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]) from None
        made: datetime = described["CreationTime"]
        return made


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
