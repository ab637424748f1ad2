"""A deployed world for lifecycle tests: the real templates and assets on a local AWS, driven through boto3."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.collect import steps_of
from cli.demo import loans
from cli.demo.setup import synthesize
from interfaces import events, layout
from interfaces.names import Names
from interfaces.reports import EVALUATION_FILE, GOLDEN_FILE
from local_aws.aws import LocalAws
from local_aws.deploy import deploy
from tests.local_aws.support import tarred

ROOT = Path(__file__).resolve().parents[2]
NAMES = Names("test", "local")
ENVIRONMENT = """
project = "test"
environment = "local"
contract = "contract.toml"

[pipeline]
threshold = 0.6
max_iter = 20

[operations]
retain_data = false
"""
# a model artefact whose code cannot be imported
BROKEN = tarred({"code/inference.py": "raise RuntimeError('this model is broken')"})


def build_assembly(folder: Path, environment: str = ENVIRONMENT, **files: str) -> Path:
    """Synthesize an environment; ``files`` lie beside the environment file, by stem."""
    (folder / "environment.toml").write_text(environment)
    for stem, content in files.items():
        (folder / f"{stem}.toml").write_text(content)
    (folder / "contract.toml").write_text((ROOT / "contract.toml").read_text())
    synthesize(folder / "environment.toml", folder / "cdk.out")
    return folder / "cdk.out"


class World:
    """The deployed stacks and what tests do with them."""

    def __init__(self, aws: LocalAws, assembly: Path | None, names: Names = NAMES) -> None:
        """Without an assembly, what a restart has brought back."""
        self.aws, self.names = aws, names
        if assembly:
            deploy(aws.client, assembly)
        account = aws.client("sts").get_caller_identity()["Account"]
        self.buckets = {role: self.names.bucket(role, account, "us-east-1") for role in ("landing", "data", "artefacts")}

    def aws_contract(self) -> str:
        """The dataset contract that is deployed."""
        return (ROOT / "contract.toml").read_text()

    # driving

    def land(self, drop: str, *files: tuple[str, bytes]) -> None:
        """Files, then _SUCCESS."""
        s3 = self.aws.client("s3")
        for name, content in files:
            s3.put_object(Bucket=self.buckets["landing"], Key=f"{layout.drop_prefix(drop)}{name}", Body=content)
        self.finish(drop)

    def finish(self, drop: str) -> None:
        key = f"{layout.drop_prefix(drop)}{layout.SUCCESS_MARKER}"
        self.aws.client("s3").put_object(Bucket=self.buckets["landing"], Key=key, Body=b"")

    def still(self, *but: str) -> None:
        """Nothing starts by itself any more: rules are off and schedules gone, but for schedules of these names, which are off."""
        events, scheduler = self.aws.client("events"), self.aws.client("scheduler")
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])
        for name in [s["Name"] for s in scheduler.list_schedules()["Schedules"]]:
            if name in but:
                self.switch(name, "DISABLED")
            else:
                scheduler.delete_schedule(Name=name)

    def switch(self, schedule: str, state: str) -> None:
        scheduler = self.aws.client("scheduler")
        kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        scheduler.update_schedule(**{k: v for k, v in scheduler.get_schedule(Name=schedule).items() if k in kept}, State=state)

    def until(self, probe: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The probe's first true value."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = probe()
            if found:
                return found
            time.sleep(0.05)
        raise TimeoutError(f"nothing within {seconds} s; failures: {self.aws.background.failures}")

    # looking

    def events(self, detail_type: str) -> list[dict[str, Any]]:
        return [e for e in self.aws.events.history if e["detail-type"] == detail_type]

    def refusal(self, drop: str) -> str:
        """The reason for which a drop was refused."""
        reasons = [e["detail"]["reason"] for e in self.events(events.DATASET_REFUSED) if e["detail"]["drop"] == drop]
        return reasons[-1] if reasons else ""

    def versions(self, drop: str | None = None) -> list[str]:
        found = [e["detail"] for e in self.events(events.DATASET_CREATED)]
        return [d["dataset_version"] for d in found if drop in (None, d["drop"])]

    def keys(self, bucket: str, prefix: str) -> list[str]:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.buckets[bucket], Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def body(self, bucket: str, key: str) -> bytes:
        return bytes(self.aws.client("s3").get_object(Bucket=self.buckets[bucket], Key=key)["Body"].read())

    def executions(self) -> list[dict[str, Any]]:
        listed = self.aws.client("sagemaker").list_pipeline_executions(PipelineName=self.names.pipeline)
        return list(listed["PipelineExecutionSummaries"])

    def steps(self, execution: str) -> dict[str, dict[str, Any]]:
        return {s["StepName"]: s for s in steps_of(self.aws.client("sagemaker"), execution)}

    def packages(self) -> list[dict[str, Any]]:
        """Oldest first."""
        sagemaker = self.aws.client("sagemaker")
        listed = sagemaker.list_model_packages(ModelPackageGroupName=self.names.model_package_group, SortOrder="Ascending")
        return [sagemaker.describe_model_package(ModelPackageName=s["ModelPackageArn"]) for s in listed["ModelPackageSummaryList"]]

    def stack(self, name: str) -> dict[str, Any]:
        found = self.aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return {"status": found["StackStatus"], **{p["ParameterKey"]: p["ParameterValue"] for p in found["Parameters"]}}

    def endpoint(self) -> dict[str, Any]:
        return dict(self.aws.client("sagemaker").describe_endpoint(EndpointName=self.names.endpoint))

    def serves(self, package: str) -> bool:
        """Whether both stacks follow this package and the endpoint is in service on its generation."""
        serving, monitoring = self.stack(self.names.serving_stack), self.stack(self.names.monitoring_stack)
        if (serving["ModelPackageArn"], monitoring["ModelPackageArn"]) != (package, package):
            return False
        if {serving["status"], monitoring["status"]} != {"UPDATE_COMPLETE"}:
            return False
        endpoint = self.endpoint()
        wanted = f"{self.names.endpoint_config(serving['Generation'])}-"
        return endpoint["EndpointStatus"] == "InService" and endpoint["EndpointConfigName"].startswith(wanted)

    def invoke(self, body: str, content_type: str = "application/json", **extra: str) -> Any:
        runtime = self.aws.client("sagemaker-runtime")
        kinds = {"ContentType": content_type, "Accept": "application/json"}
        answer = runtime.invoke_endpoint(EndpointName=self.names.endpoint, Body=body, **kinds, **extra)
        return json.loads(answer["Body"].read())

    def notifications(self) -> list[str]:
        return [m["Message"] for m in self.aws.sns.published]

    # more models

    def copy_package(self, source: str, **changes: Any) -> str:
        """A new version like another one, with changes to the package; approved by the approve function as any other."""
        sagemaker = self.aws.client("sagemaker")
        package = sagemaker.describe_model_package(ModelPackageName=source)
        kept = ("InferenceSpecification", "ModelMetrics", "DriftCheckBaselines")
        version = {k: v for k, v in package.get("CustomerMetadataProperties", {}).items() if k == "dataset_version"}
        request = {k: package[k] for k in kept} | {"ModelApprovalStatus": "PendingManualApproval", "CustomerMetadataProperties": version}
        request |= changes
        if "ModelMetrics" not in changes:
            request["ModelMetrics"] = self._compared(package["ModelMetrics"])
        return str(sagemaker.create_model_package(ModelPackageGroupName=self.names.model_package_group, **request)["ModelPackageArn"])

    def _compared(self, metrics: dict[str, Any]) -> dict[str, Any]:
        """Metrics whose evaluation found the model as good as what serves, which the gate asks for; the same where nothing serves."""
        serving = self.stack(self.names.serving_stack).get("ModelPackageArn")
        if not serving:
            return metrics
        container = self.aws.client("sagemaker").describe_model_package(ModelPackageName=serving)["InferenceSpecification"]["Containers"][0]
        s3, (bucket, key) = self.aws.client("s3"), layout.split_uri(metrics["ModelQuality"]["Statistics"]["S3Uri"])
        folder, copied = key.rsplit("/", 1)[0], f"{layout.RUNS}/copy-{uuid.uuid4().hex[:12]}/evaluate/output"
        for name in (EVALUATION_FILE, GOLDEN_FILE):
            content = json.loads(s3.get_object(Bucket=bucket, Key=f"{folder}/{name}")["Body"].read())
            if name == EVALUATION_FILE:
                same = dict.fromkeys(("difference", "lower", "upper"), 0.0)
                found = {"status": "compared", "metric": "auc", "significance": 0.05, "artefact": container["ModelDataUrl"], **same}
                content["mlops_loop"]["champion"] = found
            s3.put_object(Bucket=bucket, Key=f"{copied}/{name}", Body=json.dumps(content).encode())
        statistics = {**metrics["ModelQuality"]["Statistics"], "S3Uri": f"s3://{bucket}/{copied}/{EVALUATION_FILE}"}
        return {**metrics, "ModelQuality": {**metrics["ModelQuality"], "Statistics": statistics}}


def loan_rows(count: int, seed: int = 3) -> bytes:
    """Loan applications as a CSV file."""
    return "".join(loans.csv_chunks(loans.generate(count, seed))).encode()


ONE_LOAN = {
    "age": 41,
    "gender": "female",
    "income": 41000.5,
    "employment": "salaried",
    "credit_score": 700,
    "debt_ratio": 0.2,
    "late_payments": 0,
    "amount": 9000,
    "term_months": 36,
    "purpose": "car",
    "owns_home": True,
}
