"""A deployed world for lifecycle tests: the real templates and assets on a local AWS, driven through boto3."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.collect import steps_of
from cli.demo import loans
from cli.demo.setup import synthesize
from interfaces import events, layout
from interfaces.names import Names
from local_aws.aws import LocalAws
from local_aws.deploy import deploy

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

    def __init__(self, aws: LocalAws, assembly: Path) -> None:
        self.aws = aws
        deploy(aws.client, assembly)
        account = aws.client("sts").get_caller_identity()["Account"]
        self.buckets = {role: NAMES.bucket(role, account, "us-east-1") for role in ("landing", "data", "artefacts")}

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
        listed = self.aws.client("sagemaker").list_pipeline_executions(PipelineName=NAMES.pipeline)
        return list(listed["PipelineExecutionSummaries"])

    def steps(self, execution: str) -> dict[str, dict[str, Any]]:
        return {s["StepName"]: s for s in steps_of(self.aws.client("sagemaker"), execution)}

    def packages(self) -> list[dict[str, Any]]:
        """Oldest first."""
        sagemaker = self.aws.client("sagemaker")
        listed = sagemaker.list_model_packages(ModelPackageGroupName=NAMES.model_package_group, SortOrder="Ascending")
        return [sagemaker.describe_model_package(ModelPackageName=s["ModelPackageArn"]) for s in listed["ModelPackageSummaryList"]]

    def stack(self, name: str) -> dict[str, Any]:
        found = self.aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return {"status": found["StackStatus"], **{p["ParameterKey"]: p["ParameterValue"] for p in found["Parameters"]}}

    def endpoint(self) -> dict[str, Any]:
        return dict(self.aws.client("sagemaker").describe_endpoint(EndpointName=NAMES.endpoint))

    def serves(self, package: str) -> bool:
        """Whether both stacks follow this package and the endpoint is in service on its generation."""
        serving, monitoring = self.stack(NAMES.serving_stack), self.stack(NAMES.monitoring_stack)
        if (serving["ModelPackageArn"], monitoring["ModelPackageArn"]) != (package, package):
            return False
        if {serving["status"], monitoring["status"]} != {"UPDATE_COMPLETE"}:
            return False
        endpoint = self.endpoint()
        wanted = f"{NAMES.endpoint_config(serving['Generation'])}-"
        return endpoint["EndpointStatus"] == "InService" and endpoint["EndpointConfigName"].startswith(wanted)

    def invoke(self, body: str, content_type: str = "application/json", **extra: str) -> Any:
        runtime = self.aws.client("sagemaker-runtime")
        kinds = {"ContentType": content_type, "Accept": "application/json"}
        answer = runtime.invoke_endpoint(EndpointName=NAMES.endpoint, Body=body, **kinds, **extra)
        return json.loads(answer["Body"].read())

    def notifications(self) -> list[str]:
        return [m["Message"] for m in self.aws.sns.published]

    # more models

    def copy_package(self, source: str, **changes: Any) -> str:
        """A new version like another one, with changes to the package; approved by the approve function as any other."""
        sagemaker = self.aws.client("sagemaker")
        package = sagemaker.describe_model_package(ModelPackageName=source)
        kept = ("InferenceSpecification", "ModelMetrics", "DriftCheckBaselines")
        request = {k: package[k] for k in kept} | {"ModelApprovalStatus": "PendingManualApproval", **changes}
        return str(sagemaker.create_model_package(ModelPackageGroupName=NAMES.model_package_group, **request)["ModelPackageArn"])


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
