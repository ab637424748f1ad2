"""What a user does with the SageMaker SDK v3, in a process of its own; prints what it saw as JSON.

Told of the server by environment variables alone. Run by test_sdk.py.
"""

import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, ModelPackage, ModelPackageGroup
from sagemaker.core.shapes import ContainerDefinition, ProcessingS3Input, ProcessingS3Output, ProductionVariant
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionGreaterThan
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.parallelism_config import ParallelismConfiguration
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.mlops.workflow.steps import ProcessingStep
from sagemaker.train.model_trainer import ModelTrainer

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
BUCKET = "sdk-bucket"
TRAIN = """
import json, os, sys
found = [sys.argv[1:], os.listdir(os.environ["SM_CHANNEL_TRAIN"])]
open(os.path.join(os.environ["SM_MODEL_DIR"], "arguments"), "w").write(json.dumps(found))
"""
PROCESS = """
import sys
open("/opt/ml/processing/output/doubled", "w").write(open("/opt/ml/processing/input/a.csv").read() * 2)
"""
INFERENCE = """
def model_fn(folder):
    return open(folder + "/word").read()

def transform_fn(model, body, content_type, accept):
    return model + ":" + (body if isinstance(body, str) else body.decode()), "text/plain"
"""


def furnish() -> str:
    """A role and a bucket; the role's ARN."""
    service = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [service]}
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    arn = iam.create_role(RoleName="sdk", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="sdk", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="train/a.csv", Body=b"1,2\n")
    return str(arn)


def train(folder: Path, role: str, session: Session) -> Any:
    """ModelTrainer in script mode: the SDK's own driver channel starts the script."""
    (folder / "train.py").write_text(TRAIN)
    trainer = ModelTrainer(
        training_image=IMAGE, source_code=SourceCode(source_dir=str(folder), entry_script="train.py"), role=role, base_job_name="mine",
        compute=Compute(instance_type="ml.m5.large", instance_count=1), hyperparameters={"depth": 3, "name": "x y"},
        sagemaker_session=session,
    )  # fmt: skip
    trainer.train(input_data_config=[InputData(channel_name="train", data_source=f"s3://{BUCKET}/train")], wait=True, logs=False)
    job = trainer._latest_training_job
    key = job.model_artifacts.s3_model_artifacts.removeprefix(f"s3://{BUCKET}/")
    with tarfile.open(fileobj=io.BytesIO(boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())) as archive:
        member = archive.extractfile("arguments")
        assert member is not None
        return {"status": job.training_job_status, "arguments": json.loads(member.read())}


def processor(role: str, session: Session) -> ScriptProcessor:
    return ScriptProcessor(
        role=role, image_uri=IMAGE, command=["python3"], instance_type="ml.m5.large", instance_count=1, sagemaker_session=session
    )


def process(processor: ScriptProcessor, code: Path, output: Any) -> Any:
    """``run`` of a processor: a job, or, in a pipeline session, a step's arguments."""
    code.write_text(PROCESS)
    source = ProcessingS3Input(
        s3_uri=f"s3://{BUCKET}/train", local_path="/opt/ml/processing/input", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    target = ProcessingS3Output(s3_uri=output, local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob")
    options = {} if isinstance(output, Join) else {"wait": True, "logs": False}
    inputs, outputs = [ProcessingInput(input_name="in", s3_input=source)], [ProcessingOutput(output_name="out", s3_output=target)]
    return processor.run(code=str(code), inputs=inputs, outputs=outputs, **options)


def pipeline(folder: Path, role: str) -> Any:
    """upsert, start with overrides, wait, list_steps, describe, selective execution, stop."""
    session = PipelineSession(default_bucket=BUCKET)
    where, least = ParameterString(name="Where", default_value="default"), ParameterInteger(name="Least", default_value=1)
    target = Join(on="/", values=[f"s3://{BUCKET}", where])
    step = ProcessingStep(name="Double", step_args=process(processor(role, session), folder / "step.py", target))
    gate = ConditionStep(
        name="Enough", conditions=[ConditionGreaterThan(left=least, right=5)], if_steps=[], depends_on=[step],
        else_steps=[FailStep(name="TooFew", error_message=Join(on=" ", values=["only", least]))],
    )  # fmt: skip
    made = Pipeline(name="sdk", parameters=[where, least], steps=[step, gate], sagemaker_session=session)
    created = made.upsert(role_arn=role)
    updated = made.upsert(role_arn=role, description="again")
    good = made.start(parameters={"Where": "given", "Least": 9}, parallelism_config=ParallelismConfiguration(1))
    good.wait(delay=1, max_attempts=60)
    bad = made.start()
    try:
        bad.wait(delay=1, max_attempts=60)
        reason = ""
    except Exception as error:
        reason = str(error)
    only = made.start(
        parameters={"Where": "selected", "Least": 9},
        selective_execution_config=SelectiveExecutionConfig(selected_steps=["Double"], source_pipeline_execution_arn=good.arn),
    )
    only.wait(delay=1, max_attempts=60)
    return {
        "same": created["PipelineArn"] == updated["PipelineArn"],
        "good": [good.describe()["PipelineExecutionStatus"], {s["StepName"]: s["StepStatus"] for s in good.list_steps()}],
        "bad": [bad.describe()["PipelineExecutionStatus"], reason != "", next(s.get("FailureReason") for s in bad.list_steps())],
        "only": [only.describe()["PipelineExecutionStatus"], [s["StepName"] for s in only.list_steps()]],
        "doubled": boto3.client("s3").get_object(Bucket=BUCKET, Key="given/doubled")["Body"].read().decode(),
        "executions": len(made.list_executions()["PipelineExecutionSummaries"]),
    }


def artefact(word: str) -> str:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in (("word", word), ("code/inference.py", INFERENCE)):
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{word}.tar.gz", Body=buffer.getvalue())
    return f"s3://{BUCKET}/{word}.tar.gz"


def serve(role: str) -> Any:
    """Endpoint create, invoke, update and invoke through the SDK's resources; packages are registered and queried."""
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code", "PYTHONPATH": "/opt/ml/model/code",
    }  # fmt: skip
    said = []
    ModelPackageGroup.create(model_package_group_name="words")
    for word in ("one", "two"):
        uri = artefact(word)
        Model.create(
            model_name=word, execution_role_arn=role,
            primary_container=ContainerDefinition(image=IMAGE, model_data_url=uri, environment=environment),
        )  # fmt: skip
        variant = ProductionVariant(
            variant_name="all", model_name=word, initial_instance_count=1, instance_type="ml.m5.large", initial_variant_weight=1
        )
        config = EndpointConfig.create(endpoint_config_name=word, production_variants=[variant])
        if word == "one":
            endpoint = Endpoint.create(endpoint_name="sdk", endpoint_config_name=config)
        else:
            endpoint.endpoint_config_name = word
            endpoint.update()
        endpoint.wait_for_status("InService", poll=1)
        answer = endpoint.invoke(body=b"hi", content_type="text/plain", accept="text/plain")
        said.append(answer.body.read().decode() if hasattr(answer.body, "read") else str(answer.body))
        boto3.client("sagemaker").create_model_package(
            ModelPackageGroupName="words", ModelApprovalStatus="Approved" if word == "two" else "PendingManualApproval",
            InferenceSpecification={"Containers": [{"Image": IMAGE, "ModelDataUrl": uri}], "SupportedContentTypes": ["text/csv"],
                                    "SupportedResponseMIMETypes": ["text/csv"]},
        )  # fmt: skip
    found = list(ModelPackage.get_all(model_package_group_name="words", model_approval_status="Approved"))
    endpoint.delete()
    return {"said": said, "approved": [p.model_package_arn.rsplit("/", 1)[-1] for p in found]}


def main() -> None:
    role, folder = furnish(), Path(tempfile.mkdtemp())
    session = Session(default_bucket=BUCKET)
    (folder / "source").mkdir()
    found = {"train": train(folder / "source", role, session)}
    process(processor(role, session), folder / "process.py", f"s3://{BUCKET}/processed")
    found["process"] = boto3.client("s3").get_object(Bucket=BUCKET, Key="processed/doubled")["Body"].read().decode()
    found["pipeline"] = pipeline(folder, role)
    found["serve"] = serve(role)
    print("FOUND " + json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
