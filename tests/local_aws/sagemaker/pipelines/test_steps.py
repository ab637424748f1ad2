"""Step types beside jobs that are tested elsewhere: each really does what its type says, and hands its outputs on."""

import json
import uuid
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.definitions import OUT, condition, create, fail, processing, run, start, status, steps_of, wanted
from tests.local_aws.endpoints import QUICK, model
from tests.local_aws.support import BUCKET, CLUSTER, IMAGE, ROLE, function, get, put, queue, refusal, sent, tarred, until

DOUBLE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("as told")
    return {"twice": event["number"] * 2, "text": "n=" + str(event["number"])}
"""
SAY = f"import os; open('{OUT}/said', 'w').write(os.environ['SAID'])"
TRIAL = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("--rate", type=float)
args = parser.parse_args()
print(f"loss={(args.depth - 3) ** 2 + args.rate:.4f};")
open("/opt/ml/model/depth", "w").write(str(args.depth))
"""


@pytest.fixture(scope="module")
def double(aws: LocalAws) -> str:
    return function(aws, "double", DOUBLE, Timeout=20)


def lambda_step(name: str, arn: Any, arguments: dict[str, Any], *outputs: tuple[str, str], **extra: Any) -> dict[str, Any]:
    declared = [{"OutputName": n, "OutputType": t} for n, t in outputs]
    return {"Name": name, "Type": "Lambda", "Arguments": arguments, "FunctionArn": arn, "OutputParameters": declared, **extra}


def said(aws: LocalAws, step: str) -> str:
    return get(aws, f"out/{step}/said").decode()


def test_a_function_is_invoked_and_its_outputs_travel(aws: LocalAws, double: str) -> None:
    first = lambda_step("Twice", wanted("Parameters.F"), {"number": wanted("Parameters.N")}, ("twice", "Integer"), ("text", "String"))
    joined = {
        "Std:Join": {"On": "/", "Values": [wanted("Steps.Twice.OutputParameters['text']"), wanted("Steps.Twice.OutputParameters['twice']")]}
    }
    check = {"Type": "Equals", "LeftValue": wanted("Steps.Twice.OutputParameters['twice']"), "RightValue": 42}
    steps = [first, condition("Is42", check, yes=[processing("Tell", SAY, environment={"SAID": joined})], no=[fail("No", "not 42")])]
    parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 1}, {"Name": "F", "Type": "String"}]
    ended, found = run(aws, *steps, parameters=parameters, N="21", F=double)
    assert (ended, said(aws, "Tell")) == ("Succeeded", "n=21/42")
    shown = {p["Name"]: p["Value"] for p in found["Twice"]["Metadata"]["Lambda"]["OutputParameters"]}
    assert shown == {"twice": "42", "text": "n=21"}


def test_a_function_that_fails_or_forgets_an_output_fails_its_step(aws: LocalAws, double: str) -> None:
    ended, found = run(aws, lambda_step("Bad", double, {"fail": True}))
    assert (ended, "as told" in found["Bad"]["FailureReason"]) == ("Failed", True)
    ended, found = run(aws, lambda_step("Less", double, {"number": 1}, ("absent", "String")))
    assert "gave no output parameter 'absent'" in found["Less"]["FailureReason"]


def test_a_callback_waits_for_its_token(aws: LocalAws) -> None:
    url, _ = queue(aws, "callbacks")
    step = {"Name": "Ask", "Type": "Callback", "SqsQueueUrl": url, "Arguments": {"q": "how many?"}}
    step["OutputParameters"] = [{"OutputName": "count", "OutputType": "Integer"}]
    name = create(
        aws,
        step,
        processing("After", SAY, environment={"SAID": {"Std:Join": {"On": "", "Values": [wanted("Steps.Ask.OutputParameters['count']")]}}}),
    )
    sagemaker = aws.client("sagemaker")

    def message(arn: str) -> dict[str, Any]:
        (found,) = until(lambda: sent(aws, url))
        body = json.loads(found["Body"])
        assert (body["pipelineExecutionArn"], body["arguments"]) == (arn, {"q": "how many?"})
        return dict(body)

    arn = start(aws, name)
    token = message(arn)["token"]
    aws.settle()  # a waiting step is not work
    assert steps_of(aws, arn)["Ask"]["StepStatus"] == "Executing"
    answer = sagemaker.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=[{"Name": "count", "Value": "7"}])
    assert answer["PipelineExecutionArn"] == arn
    until(lambda: status(aws, arn) == "Succeeded")
    assert said(aws, "After") == "7"
    assert refusal(lambda: sagemaker.send_pipeline_execution_step_success(CallbackToken=token))[0] == "ResourceNotFound"

    arn = start(aws, name)
    sagemaker.send_pipeline_execution_step_failure(CallbackToken=message(arn)["token"], FailureReason="nobody knows")
    until(lambda: status(aws, arn) == "Failed")
    assert "nobody knows" in steps_of(aws, arn)["Ask"]["FailureReason"]

    arn = start(aws, name)
    message(arn)
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=uuid.uuid4().hex)
    until(lambda: status(aws, arn) == "Stopped")


def training(metrics: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": metrics},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/trials"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 100},
        "StaticHyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": f"s3://{BUCKET}/trial.tar.gz"},
    }


def tuning(strategy: str = "Random", **ranges: Any) -> dict[str, Any]:
    config = {
        "Strategy": strategy,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ParameterRanges": ranges,
        "RandomSeed": 3,
    }
    return {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": training([{"Name": "loss", "Regex": "loss=([0-9.]+);"}])}


def test_tuning_runs_trials_and_hands_on_the_best(aws: LocalAws) -> None:
    put(aws, "trial.tar.gz", tarred({"train.py": TRIAL}))
    ranges = {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "6"}],
        "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "0.1", "ScalingType": "Logarithmic"}],
    }
    best = wanted("Steps.Tune.BestTrainingJob.TrainingJobName")
    top = wanted("Steps.Tune.TrainingJobSummaries[0].TrainingJobName")
    tell = processing("Best", SAY, environment={"SAID": {"Std:Join": {"On": " ", "Values": [best, top]}}})
    ended, found = run(aws, {"Name": "Tune", "Type": "Tuning", "Arguments": tuning(**ranges)}, tell)
    assert ended == "Succeeded", found
    name = found["Tune"]["Metadata"]["TuningJob"]["Arn"].rsplit("/", 1)[-1]
    sagemaker = aws.client("sagemaker")
    described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert described["TrainingJobStatusCounters"]["Completed"] == 4
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["TrainingJobSummaries"]
    values = {t["TrainingJobName"]: t["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for t in trials}
    for trial in trials:  # the metric is what the script printed for just these values
        tuned = {k: float(v) for k, v in trial["TunedHyperParameters"].items()}
        assert values[trial["TrainingJobName"]] == pytest.approx((tuned["depth"] - 3) ** 2 + tuned["rate"], abs=1e-4)
    expected = min(values, key=lambda n: values[n])
    assert described["BestTrainingJob"]["TrainingJobName"] == expected
    assert said(aws, "Best") == f"{expected} {expected}"


def tuned(aws: LocalAws, name: str, strategy: str, count: int) -> list[dict[str, str]]:
    """The values that a tuning job tried, one after the other."""
    arguments = tuning(strategy, IntegerParameterRanges=[{"Name": "depth", "MinValue": "1", "MaxValue": "400"}])
    arguments["HyperParameterTuningJobConfig"]["ResourceLimits"] = {"MaxNumberOfTrainingJobs": count, "MaxParallelTrainingJobs": 1}
    arguments["TrainingJobDefinition"]["StaticHyperParameters"]["rate"] = "0"
    sagemaker = aws.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **arguments)
    aws.settle(120)
    found = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, SortOrder="Ascending")
    assert {t["TrainingJobStatus"] for t in found["TrainingJobSummaries"]} == {"Completed"}
    return [t["TunedHyperParameters"] for t in found["TrainingJobSummaries"]]


@pytest.mark.slow
def test_bayesian_trials_follow_what_was_observed_and_repeat_with_the_seed(aws: LocalAws) -> None:
    put(aws, "trial.tar.gz", tarred({"train.py": TRIAL}))
    first = tuned(aws, "bayes-1", "Bayesian", 9)
    assert tuned(aws, "bayes-2", "Bayesian", 5) == first[:5]
    off = [abs(int(v["depth"]) - 3) for v in first]
    assert min(off[3:]) <= 2 < min(off[:3])  # of four hundred values: the first three are drawn, the others learnt


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Strategy": "Hyperband"}, "HyperParameterTuningJobConfig.Strategy 'Hyperband' (it does Bayesian, Random, Grid)"),
        ({"TrainingJobEarlyStoppingType": "Auto"}, "HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType 'Auto'"),
        ({"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.5}}, "HyperParameterTuningJobConfig.TuningJobCompletionCriteria"),
    ],
)
def test_what_is_not_real_here_is_refused_by_name(aws: LocalAws, change: dict[str, Any], words: str) -> None:
    arguments = tuning()
    arguments["HyperParameterTuningJobConfig"].update(change)
    create = aws.client("sagemaker").create_hyper_parameter_tuning_job
    code, message = refusal(lambda: create(HyperParameterTuningJobName="b", **arguments))
    assert (code, words in message) == ("LocalAwsUnsupported", True), message


def test_a_model_is_made_and_transforms_every_line(aws: LocalAws) -> None:
    model(aws, "for-transform", **QUICK)
    container = aws.client("sagemaker").describe_model(ModelName="for-transform")["PrimaryContainer"]
    put(aws, "batch/a.csv", "1\n2\n")
    put(aws, "batch/deep/b.csv", "3\n")
    make = {"Name": "Make", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}}
    arguments = {
        "ModelName": wanted("Steps.Make.ModelName"),
        "BatchStrategy": "SingleRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/batch/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/batched", "AssembleWith": "Line", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    ended, found = run(aws, make, {"Name": "Batch", "Type": "Transform", "Arguments": arguments})
    assert ended == "Succeeded", found
    assert len(get(aws, "batched/a.csv.out").splitlines()) == 2
    assert len(get(aws, "batched/deep/b.csv.out").splitlines()) == 1
    job = found["Batch"]["Metadata"]["TransformJob"]["Arn"].rsplit("/", 1)[-1]
    described = aws.client("sagemaker").describe_transform_job(TransformJobName=job)
    assert described["TransformJobStatus"] == "Completed"
    aws.client("sagemaker").get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=job)
    assert aws.client("logs").describe_log_streams(logGroupName="/aws/sagemaker/TransformJobs")["logStreams"]


@pytest.mark.parametrize("kind", ["EMR", "AutoML", "QualityCheck", "ForEach", "Cleanup", "NotebookJob"])
def test_other_types_are_refused_before_anything_runs(aws: LocalAws, kind: str) -> None:
    code, message = refusal(lambda: create(aws, processing("Fine"), {"Name": "Odd", "Type": kind, "Arguments": {}}))
    assert (code, f"pipeline steps of type '{kind}' (step 'Odd'" in message) == ("LocalAwsUnsupported", True)
