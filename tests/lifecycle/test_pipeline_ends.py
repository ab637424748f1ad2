"""A model below the threshold, a failing step, and an unchanged rerun: each end reaches the user."""

import pytest
from support import NAMES, World, loan_rows

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(world: World) -> World:
    """A dataset version, and an execution that was asked for more than the data can give."""
    world.aws.client("events").disable_rule(Name=f"{NAMES.prefix}-version-created")
    world.land("data", ("a.csv", loan_rows(900)))
    version = world.until(lambda: world.versions("data"))[0]
    world.impossible = _run(world, version, MetricThreshold="0.99")  # type: ignore[attr-defined]
    return world


def _run(world: World, version: str, **parameters: str) -> str:
    given = [{"Name": k, "Value": v} for k, v in {"DatasetVersion": version, **parameters}.items()]
    started = world.aws.client("sagemaker").start_pipeline_execution(PipelineName=NAMES.pipeline, PipelineParameters=given)
    arn = str(started["PipelineExecutionArn"])
    world.until(lambda: _status(world, arn) != "Executing")
    return arn


def _status(world: World, arn: str) -> str:
    return str(world.aws.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"])


def test_a_model_below_the_threshold_is_not_registered_and_the_reason_is_shown(trained: World) -> None:
    arn = trained.impossible  # type: ignore[attr-defined]
    assert _status(trained, arn) == "Failed"
    step = trained.steps(arn)["BelowThreshold"]
    assert step["FailureReason"].startswith("auc of the model is below the threshold 0.99; see s3://")
    assert trained.packages() == []
    trained.aws.settle()
    assert any(arn in m and "failed" in m for m in trained.notifications())


def test_a_rerun_with_the_same_data_takes_the_jobs_from_the_cache(trained: World) -> None:
    arn = _run(trained, trained.versions("data")[0], MetricThreshold="0.5")
    steps = trained.steps(arn)
    assert _status(trained, arn) == "Succeeded"
    assert {n for n, s in steps.items() if "CacheHitResult" in s} == {"Validate", "Features", "Train", "Baseline", "Evaluate"}
    assert len(trained.packages()) == 1


def test_a_failing_step_says_why_and_stops_the_rest(trained: World) -> None:
    trained.land("tiny", ("a.csv", loan_rows(40, 5)))
    version = trained.until(lambda: trained.versions("tiny"))[0]
    arn = _run(trained, version)
    steps = trained.steps(arn)
    assert _status(trained, arn) == "Failed"
    assert list(steps) == ["Validate"]
    assert "40 rows are too few to train and test on; at least 50" in steps["Validate"]["FailureReason"]


def test_a_version_that_does_not_exist_fails_with_its_location(trained: World) -> None:
    arn = _run(trained, "v0000")
    assert "manifests/v0000.json" in trained.steps(arn)["Validate"]["FailureReason"]
