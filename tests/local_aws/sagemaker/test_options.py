"""What a request for a job may ask for: done as documented, or refused by name before anything runs."""

from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.errors import Unsupported
from local_aws.moto_seam import members
from local_aws.sagemaker.options import TABLES, check
from tests.local_aws.definitions import create, processing, start, wanted
from tests.local_aws.jobs import begin, channel, train
from tests.local_aws.support import CLUSTER, IMAGE, ROLE, get, keys, put, refusal

SPECIFICATION = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}


def training(**change: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "x",
        "RoleArn": ROLE,
        "AlgorithmSpecification": SPECIFICATION,
        "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **change,
    }


def test_tables_name_members_of_the_api() -> None:
    for operation, table in TABLES.items():
        assert set(table) <= set(members("sagemaker", operation)[0]), operation


@pytest.mark.parametrize(
    ("operation", "params", "words"),
    [
        ("CreateTrainingJob", training(AlgorithmSpecification={**SPECIFICATION, "TrainingInputMode": "Pipe"}), "TrainingInputMode 'Pipe'"),
        ("CreateTrainingJob", training(InputDataConfig=[{"CompressionType": "Gzip"}]), "InputDataConfig[0].CompressionType 'Gzip'"),
        ("CreateTrainingJob", training(InputDataConfig=[{"RecordWrapperType": "RecordIO"}]), "RecordWrapperType 'RecordIO'"),
        ("CreateTrainingJob", training(DebugRuleConfigurations=[{"RuleConfigurationName": "r"}]), "with DebugRuleConfigurations;"),
        ("CreateTrainingJob", training(TensorBoardOutputConfig={"S3OutputPath": "s3://x"}), "with TensorBoardOutputConfig;"),
        ("CreateTrainingJob", training(ResourceConfig={"InstanceGroups": [{"InstanceCount": 1}]}), "ResourceConfig.InstanceGroups;"),
        ("CreateProcessingJob", {"ProcessingInputs": [{"S3Input": {"S3InputMode": "Pipe"}}]}, "[0].S3Input.S3InputMode 'Pipe'"),
        ("CreateProcessingJob", {"ProcessingInputs": [{"S3Input": {"S3CompressionType": "Gzip"}}]}, "S3CompressionType 'Gzip'"),
        ("CreateProcessingJob", {"ProcessingInputs": [{"DatasetDefinition": {"LocalPath": "/x"}}]}, "[0].DatasetDefinition;"),
        ("CreateProcessingJob", {"ProcessingOutputConfig": {"Outputs": [{"AppManaged": True}]}}, "Outputs[0].AppManaged;"),
        ("CreateProcessingJob", {"ProcessingOutputConfig": {"Outputs": [{"FeatureStoreOutput": {"F": "g"}}]}}, "FeatureStoreOutput;"),
        ("CreateTransformJob", {"DataProcessing": {"JoinSource": "Input"}}, "with DataProcessing;"),
        ("CreateHyperParameterTuningJob", {"WarmStartConfig": {"WarmStartType": "TransferLearning"}}, "with WarmStartConfig;"),
    ],
)
def test_what_is_not_done_is_refused_by_name(operation: str, params: dict[str, Any], words: str) -> None:
    with pytest.raises(Unsupported) as caught:
        check(operation, params, lambda _: None)
    assert words in caught.value.message


def test_what_is_off_or_not_known_yet_is_not_asked_for() -> None:
    switched_off = training(EnableManagedSpotTraining=False, DebugRuleConfigurations=[], RemoteDebugConfig={"EnableRemoteDebug": False})
    check("CreateTrainingJob", switched_off, lambda _: None)
    check("CreateTrainingJob", training(ResourceConfig={"InstanceCount": wanted("Parameters.n")}), lambda _: None)


def test_a_refused_request_leaves_no_job(aws: LocalAws) -> None:
    code, message = refusal(lambda: begin(aws, "pass", name="spot", EnableManagedSpotTraining=True))
    assert (code, "CreateTrainingJob with EnableManagedSpotTraining" in message) == ("LocalAwsUnsupported", True)
    outside = {"S3Uri": "s3://data/c", "LocalPath": "/tmp/c"}
    assert "LocalPath '/tmp/c'" in refusal(lambda: begin(aws, "pass", name="spot", CheckpointConfig=outside))[1]
    assert "not found" in refusal(lambda: aws.client("sagemaker").describe_training_job(TrainingJobName="spot"))[1]


@pytest.mark.parametrize("code", [0, 3])
def test_checkpoints_come_from_s3_and_go_there_however_the_job_ends(aws: LocalAws, code: int) -> None:
    put(aws, f"checkpoints/{code}/old", "1")
    script = f"""
        import os
        count = int(open("/opt/ml/checkpoints/old").read())
        open("/opt/ml/checkpoints/new", "w").write(str(count + 1))
        raise SystemExit({code})
    """
    described = train(
        aws, "\n".join(line.strip() for line in script.splitlines()), CheckpointConfig={"S3Uri": f"s3://data/checkpoints/{code}"}
    )
    assert described["TrainingJobStatus"] == ("Failed" if code else "Completed")
    assert get(aws, f"checkpoints/{code}/new") == b"2"


def test_a_first_job_has_no_checkpoints_and_an_uncompressed_model_is_a_prefix(aws: LocalAws) -> None:
    script = "import os; open('/opt/ml/model/weights', 'w').write(str(os.listdir('/opt/ml/kept')))"
    described = train(
        aws,
        script,
        CheckpointConfig={"S3Uri": "s3://data/checkpoints/none", "LocalPath": "/opt/ml/kept"},
        OutputDataConfig={"S3OutputPath": "s3://data/plain", "CompressionType": "NONE"},
    )
    prefix = f"plain/{described['TrainingJobName']}/output/model/"
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://data/{prefix}"}
    assert keys(aws, "plain/") == [f"{prefix}weights"]
    assert get(aws, f"{prefix}weights") == b"[]"


def test_fast_file_is_what_a_script_is_told_and_a_manifest_names_its_files(aws: LocalAws) -> None:
    put(aws, "listed/a", "a")
    manifest = put(aws, "listed/manifest", '[{"prefix": "s3://data/listed/"}, "a"]')
    listed = channel("rows", manifest)
    listed["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    script = (
        "import json, os; config = json.load(open('/opt/ml/input/config/inputdataconfig.json'));"
        "assert config['rows']['TrainingInputMode'] == 'FastFile', config; assert os.listdir('/opt/ml/input/data/rows') == ['a']"
    )
    described = train(aws, script, channels=[{**listed, "InputMode": "FastFile"}])
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")


def fit(**change: Any) -> dict[str, Any]:
    return {"Name": "Fit", "Type": "Training", "Arguments": {k: v for k, v in training(**change).items() if k != "TrainingJobName"}}


def image_of(uri: Any) -> dict[str, Any]:
    return fit(AlgorithmSpecification={**SPECIFICATION, "TrainingImage": uri})


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (image_of("mine:1"), "Step 'Fit': the local AWS has no stand-in for the image 'mine:1'"),
        (fit(ResourceConfig={**CLUSTER, "InstanceCount": 2}), "Step 'Fit': the local AWS does not emulate CreateTrainingJob with"),
        (
            {"Name": "Fit", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "mine:1"}}},
            "Step 'Fit': the local AWS has no stand-in for the image 'mine:1'",
        ),
    ],
)
def test_a_step_that_asks_for_it_in_plain_text_is_not_stored(aws: LocalAws, step: dict[str, Any], words: str) -> None:
    message = refusal(lambda: create(aws, step))[1]
    assert words in message


@pytest.mark.parametrize(
    ("step", "value", "words"),
    [
        (image_of(wanted("Parameters.given")), "mine:1", "no stand-in for the image 'mine:1'"),
        (image_of({"Std:Join": {"On": ":", "Values": ["mine", wanted("Parameters.given")]}}), "2", "no stand-in for the image 'mine:2'"),
        (fit(StoppingCondition=wanted("Parameters.given"), EnableManagedSpotTraining=wanted("Parameters.given")), "x", "ManagedSpot"),
    ],
)
def test_an_execution_whose_parameters_ask_for_it_is_not_started(aws: LocalAws, step: dict[str, Any], value: str, words: str) -> None:
    name = create(aws, processing("First"), {**step, "DependsOn": ["First"]}, parameters=[{"Name": "given", "Type": "String"}])
    assert words in refusal(lambda: start(aws, name, given=value))[1]
    assert aws.client("sagemaker").list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []
