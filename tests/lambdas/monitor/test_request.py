"""The job of a window: one name, isolated, encrypted, told what the analyzer reads."""

from datetime import UTC, datetime, timedelta

import pytest

from interfaces.analyzer import AnalyzerSettings
from interfaces.monitors import MONITORS
from lambdas.monitor.request import Sources, create_job, job_name
from lambdas.monitor.windows import Pace
from tests.lambdas.monitor.support import env

DUE = datetime(2026, 3, 4, 12, tzinfo=UTC)
WINDOW = Pace(timedelta(hours=1)).at(DUE)
SOURCES = Sources(
    capture="s3://data/capture.manifest",
    batch_input="s3://data/batch-input.manifest",
    batch_output="s3://data/batch-output.manifest",
    labels="s3://data/labels.manifest",
    baseline="s3://art/runs/1/baseline",
    manifest="s3://data/manifests/v1.json",
    model="s3://art/m",
)


def test_the_name_is_that_of_the_window_and_fits() -> None:
    assert job_name(env(), MONITORS["data-quality"], WINDOW) == "shop-dev-monitor-data-quality-2026030412"
    longest = env(prefix="p" * 25)
    assert all(len(job_name(longest, m, WINDOW)) <= 63 for m in MONITORS.values())


@pytest.mark.parametrize("name", MONITORS)
def test_the_analyzer_understands_what_it_is_told(name: str) -> None:
    job = create_job(env(), MONITORS[name], WINDOW, SOURCES)
    told = AnalyzerSettings.parse(job["Environment"])
    assert told.analysis_type == MONITORS[name].analysis_type
    assert (told.start_time, told.end_time) == ("2026-03-04T11:00:00Z", "2026-03-04T12:00:00Z")
    places = {i["S3Input"]["LocalPath"] for i in job["ProcessingInputs"]}
    paths = (told.dataset_source, told.baseline_constraints, told.baseline_statistics, told.analysis_config, told.ground_truth_source)
    for path in (*paths, told.model, told.contract, f"{told.batch_source}/input", f"{told.batch_source}/output"):
        assert not path or any(path.startswith(place) for place in places), path
    assert bool(told.baseline_statistics) == (name == "data-quality")
    assert bool(told.analysis_config) == (name in ("bias", "explainability"))


def test_it_is_isolated_encrypted_and_reports_where_a_schedule_would() -> None:
    job = create_job(env(subnets="a,b", security_groups="g"), MONITORS["bias"], WINDOW, SOURCES)
    assert job["NetworkConfig"] == {"EnableNetworkIsolation": True, "VpcConfig": {"SecurityGroupIds": ["g"], "Subnets": ["a", "b"]}}
    assert job["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == job["ProcessingOutputConfig"]["KmsKeyId"] == "arn:key"
    (output,) = job["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"] == "s3://data/monitoring/shop-dev-endpoint/shop-dev-bias/2026/03/04/12"


def test_what_is_not_there_is_not_an_input_and_not_mentioned() -> None:
    job = create_job(env(), MONITORS["data-quality"], WINDOW, Sources("s3://data/capture.manifest"))
    assert [i["InputName"] for i in job["ProcessingInputs"]] == ["code", "endpoint"]
    assert not {"batch_source", "baseline_constraints", "ground_truth_source", "contract", "model"} & set(job["Environment"])


def test_a_window_may_hold_batches_alone() -> None:
    job = create_job(
        env(), MONITORS["data-quality"], WINDOW, Sources(batch_input="s3://data/i.manifest", batch_output="s3://data/o.manifest")
    )
    assert [i["InputName"] for i in job["ProcessingInputs"]] == ["code", "batch-input", "batch-output"]


def test_a_window_without_any_label_file_still_knows_where_labels_would_be() -> None:
    job = create_job(env(), MONITORS["model-quality"], WINDOW, Sources("s3://data/capture.manifest"))
    assert "ground-truth" not in [i["InputName"] for i in job["ProcessingInputs"]]
    assert job["Environment"]["ground_truth_source"].endswith("/ground-truth")
