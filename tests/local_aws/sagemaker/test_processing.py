"""Processing jobs under the container contract: files in and out, exit codes, isolation, time limits."""

import json
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.jobs import INPUT, OUTPUT, inputs, outputs, process, start
from tests.local_aws.support import emitted, get, keys, put, refusal, until


def failing(message: str | None, code: int = 7) -> str:
    write = f"open('/opt/ml/output/message', 'w').write({message!r});" if message else ""
    return f"import sys; {write} sys.exit({code})"


def test_inputs_come_in_and_outputs_go_out(aws: LocalAws) -> None:
    put(aws, "raw/a.csv", "1")
    put(aws, "raw/deep/b.csv", "22")
    put(aws, "single.txt", "one file")
    code = f"""
import os, shutil
shutil.copytree('{INPUT}/0', '{OUTPUT}/copied')
open('{OUTPUT}/listing', 'w').write(open('{INPUT}/1/single.txt').read() + ' ' + os.environ['WORD'])
"""
    described = process(
        aws,
        code,
        ProcessingInputs=inputs("s3://data/raw", "s3://data/single.txt"),
        ProcessingOutputConfig=outputs("s3://data/done/"),
        Environment={"WORD": "w"},
    )
    assert described["ProcessingJobStatus"] == "Completed"
    assert keys(aws, "done/") == ["done/copied/a.csv", "done/copied/deep/b.csv", "done/listing"]
    assert (get(aws, "done/copied/deep/b.csv"), get(aws, "done/listing")) == (b"22", b"one file w")
    assert described["ProcessingStartTime"] <= described["ProcessingEndTime"]


def manifest_input(uri: str) -> list[dict[str, Any]]:
    (made,) = inputs(uri)
    made["S3Input"]["S3DataType"] = "ManifestFile"
    return [made]


def test_a_manifest_brings_the_objects_that_it_lists_and_no_others(aws: LocalAws) -> None:
    for name in ("12/a.jsonl", "12/b.jsonl", "13/c.jsonl"):
        put(aws, f"hours/{name}", name)
    listed = put(aws, "two.manifest", json.dumps([{"prefix": "s3://data/hours/"}, "12/a.jsonl", "13/c.jsonl"]))
    code = f"import shutil; shutil.copytree('{INPUT}/0', '{OUTPUT}/seen')"
    described = process(aws, code, ProcessingInputs=manifest_input(listed), ProcessingOutputConfig=outputs("s3://data/of-manifest"))
    assert described["ProcessingJobStatus"] == "Completed"
    assert keys(aws, "of-manifest/") == ["of-manifest/seen/12/a.jsonl", "of-manifest/seen/13/c.jsonl"]


@pytest.mark.parametrize(
    ("body", "words"),
    [("not json", "bad.manifest"), (json.dumps([{"prefix": "s3://data/hours/"}, "99/none.jsonl"]), "99/none.jsonl, listed in")],
)
def test_a_manifest_that_cannot_be_followed_fails_the_job_by_name(aws: LocalAws, body: str, words: str) -> None:
    described = process(aws, "pass", ProcessingInputs=manifest_input(put(aws, "bad.manifest", body)))
    assert described["ProcessingJobStatus"] == "Failed"
    assert words in described["FailureReason"]


def test_a_script_file_gets_its_arguments_and_the_configuration_files(aws: LocalAws) -> None:
    script = f"""
import json, sys
config = json.load(open('/opt/ml/config/processingjobconfig.json'))
hosts = json.load(open('/opt/ml/config/resourceconfig.json'))
json.dump([sys.argv[1:], config['ProcessingJobName'], hosts['current_host']], open('{OUTPUT}/seen', 'w'))
print('from the script')
"""
    uri = put(aws, "scripts/run.py", script)
    described = process(
        aws,
        "",
        name="with-script",
        AppSpecification={
            "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
            "ContainerEntrypoint": ["python3", f"{INPUT}/0/run.py"],
            "ContainerArguments": ["--x", "a b"],
        },
        ProcessingInputs=inputs(uri),
        ProcessingOutputConfig=outputs("s3://data/seen"),
    )
    assert described["ProcessingJobStatus"] == "Completed"
    assert json.loads(get(aws, "seen/seen")) == [["--x", "a b"], "with-script", "algo-1"]
    events = aws.client("logs").filter_log_events(logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix="with-script/")[
        "events"
    ]
    assert "from the script" in [e["message"] for e in events]


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (failing("no rows"), "AlgorithmError: no rows, exit code: 7", "no rows"),
        (failing(None, 2), "AlgorithmError: See job logs for more information, exit code: 2", None),
        ("raise ValueError('x')", "AlgorithmError: See job logs for more information, exit code: 1", None),
    ],
)
def test_an_exit_code_fails_the_job_with_its_message(aws: LocalAws, code: str, reason: str, message: str | None) -> None:
    write = f"open('{OUTPUT}/partial', 'w').close();"
    described = process(aws, f"{write} {code}", ProcessingOutputConfig=outputs("s3://data/partial"))
    assert (described["ProcessingJobStatus"], described["FailureReason"], described.get("ExitMessage")) == ("Failed", reason, message)
    assert keys(aws, "partial") == []


def test_a_message_is_kept_when_all_is_well(aws: LocalAws) -> None:
    assert process(aws, "open('/opt/ml/output/message', 'w').write('3 warnings')")["ExitMessage"] == "3 warnings"


def test_a_missing_input_fails_with_its_address(aws: LocalAws) -> None:
    for uri in ("s3://data/nothing/here", "s3://nobucket/x"):
        described = process(aws, "pass", ProcessingInputs=inputs(uri))
        assert described["ProcessingJobStatus"] == "Failed"
        assert described["FailureReason"].startswith("ClientError: Data download failed:")
        assert uri in described["FailureReason"]


REACH = """
import os, urllib.request
from urllib.error import HTTPError
try:
    urllib.request.urlopen(os.environ['DOOR'], timeout=5)
except HTTPError:
    pass
"""


@pytest.mark.parametrize(("isolated", "status"), [(False, "Completed"), (True, "Failed")])
def test_isolation_takes_the_network_and_the_credentials_away(aws: LocalAws, isolated: bool, status: str) -> None:
    assert process(aws, REACH, isolated=isolated, Environment={"DOOR": aws.url})["ProcessingJobStatus"] == status
    key = "assert ('AWS_ACCESS_KEY_ID' in os.environ) is " + str(not isolated)
    assert process(aws, f"import os; {key}", isolated=isolated)["ProcessingJobStatus"] == "Completed"


def test_a_job_can_be_stopped(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    name = start(aws, "import time; print('up', flush=True); time.sleep(60)")
    until(lambda: aws.processing._jobs[name].child)
    sagemaker.stop_processing_job(ProcessingJobName=name)
    aws.settle(20)
    assert sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Stopped"
    assert "is in status Stopped" in refusal(lambda: sagemaker.stop_processing_job(ProcessingJobName=name))[1]


def test_a_job_that_runs_too_long_is_ended(aws: LocalAws) -> None:
    described = process(aws, "import time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert described["ProcessingJobStatus"] == "Failed"
    assert "ran longer than MaxRuntimeInSeconds (1 s)" in described["FailureReason"]


def test_faults_can_be_injected_for_the_next_job_only(aws: LocalAws) -> None:
    aws.processing.fail_next("CapacityError: none left")
    assert process(aws, "pass")["FailureReason"] == "CapacityError: none left"
    assert process(aws, "pass")["ProcessingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"AppSpecification": {"ImageUri": "mine:1"}}, "no stand-in for the image 'mine:1'"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role"),
        (
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}}},
            "ProcessingResources.ClusterConfig.InstanceCount 2 (it does 1)",
        ),
        (
            {
                "ProcessingOutputConfig": {
                    "Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": "s3://data/o", "S3UploadMode": "EndOfJob"}}]
                }
            },
            "LocalPath is required when AppManaged is false: out has none",
        ),
    ],
)
def test_what_cannot_run_is_refused(aws: LocalAws, extra: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: start(aws, "pass", name="refused", **extra))[1]
    assert "not found" in refusal(lambda: aws.client("sagemaker").describe_processing_job(ProcessingJobName="refused"))[1]


def test_names_are_unique_and_ends_are_on_the_bus(aws: LocalAws) -> None:
    described = process(aws, "pass", name="only-one")
    assert "must be unique" in refusal(lambda: start(aws, "pass", name="only-one"))[1]
    (event,) = emitted(aws, "SageMaker Processing Job State Change", ProcessingJobName="only-one")
    assert event["ProcessingJobStatus"] == "Completed"
    assert event["ProcessingEndTime"] == int(described["ProcessingEndTime"].timestamp() * 1000)
    assert "only-one" in [
        j["ProcessingJobName"] for j in aws.client("sagemaker").list_processing_jobs(NameContains="only")["ProcessingJobSummaries"]
    ]
