"""What the retrain function can be told: reasons to retrain, and how far the run of one has come."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from situations.approve import waiting_package
from situations.kind import NUMBERS, Situation, event, table, told
from support import NAMES, World

from interfaces import events, layout
from interfaces.monitors import progress_key
from lambdas.retrain import collection
from lambdas.retrain.ledger import ENDED, LANDED, Ledger


def _labels(world: World) -> None:
    truth = {"groundTruthData": {"data": "yes\n" * 80, "encoding": "CSV"}, "eventMetadata": {"eventId": "e"}, "eventVersion": "0"}
    key = f"{layout.GROUND_TRUTH}/{world.aws.clock.now():%Y/%m/%d/%H}/{next(NUMBERS)}.jsonl"
    world.aws.client("s3").put_object(Bucket=world.buckets["data"], Key=key, Body=json.dumps(truth).encode())


def _close_run(world: World) -> None:
    ledger = Ledger(table(world))
    if run := ledger.state().run:
        ledger.move(run, ENDED)


def _retraining(world: World, reason: str, since: int) -> Callable[[], dict[str, Any]]:
    """How far the run is that was opened for a reason."""

    def state() -> dict[str, Any]:
        ledger = Ledger(table(world)).state()
        run, serves = ledger.run, world.stack(NAMES.serving_stack)["ModelPackageArn"]
        assert run is not None and reason in run.reason
        jobs = world.aws.client("sagemaker").list_processing_jobs(NameContains=collection.job_name(NAMES.prefix, run.id))
        package = world.aws.client("sagemaker").describe_model_package(ModelPackageName=serves)
        return {
            "stage": run.stage,
            "jobs": len(jobs["ProcessingJobSummaries"]),
            "runs": ledger.revision - since,
            "told": told(world, "retraining: ", reason),
            "on the package": reason in package.get("CustomerMetadataProperties", {}).get("retrain_decision", ""),
            "not told": told(world, "not retraining", reason),
        }

    return state


def drift_was_found(world: World) -> Situation:
    _close_run(world)
    cloudwatch, name, reason = world.aws.client("cloudwatch"), NAMES.alarm("drift-data"), f"drift {next(NUMBERS)}"
    cloudwatch.put_metric_alarm(  # in the place of the stack's: nothing but this test changes its state
        AlarmName=name, Namespace="test", MetricName="none", Statistic="Sum", Period=86400, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="it is over")
    over = event(events.ALARM_STATE_CHANGE, "aws.cloudwatch", alarmName=name, state={"value": "OK"})
    world.aws.client("lambda").invoke(FunctionName=NAMES.function("retrain"), Payload=json.dumps(over))
    world.aws.advance(timedelta(minutes=5))
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="as a test")
    table(world).set(progress_key("data-quality"), {"summary": f"data-quality found\n{reason}"})
    _labels(world)
    revision = Ledger(table(world)).state().revision
    detail = {"alarmName": name, "state": {"value": "ALARM"}}
    return Situation(event(events.ALARM_STATE_CHANGE, "aws.cloudwatch", **detail), _retraining(world, reason, revision))


def a_person_asks(world: World) -> Situation:
    _close_run(world)
    world.aws.client("cloudwatch").set_alarm_state(AlarmName=NAMES.alarm("drift-data"), StateValue="OK", StateReason="it is over")
    reason, revision = f"please {next(NUMBERS)}", Ledger(table(world)).state().revision
    detail = {"id": uuid.uuid4().hex, "by": "ann", "reason": reason}
    return Situation(event(events.RETRAIN_COMMAND, **detail), _retraining(world, reason, revision))


def _open_run(world: World) -> Any:
    """A run whose rows are being collected."""
    asked = a_person_asks(world)
    world.aws.client("lambda").invoke(FunctionName=NAMES.function("retrain"), Payload=json.dumps(asked.event))
    world.aws.settle()
    return Ledger(table(world)).state().run


def the_rows_are_collected(world: World) -> Situation:
    run = _open_run(world)

    def state() -> dict[str, Any]:
        found = Ledger(table(world)).state().run
        marked = world.keys("landing", f"{layout.drop_prefix(collection.drop(run.id))}{layout.SUCCESS_MARKER}")
        return {"stage": found and found.stage, "same": found and found.id == run.id, "landed": len(marked)}

    detail = {"ProcessingJobName": collection.job_name(NAMES.prefix, run.id), "ProcessingJobStatus": "Completed"}
    return Situation(event(events.PROCESSING_STATE_CHANGE, "aws.sagemaker", **detail), state)


def collecting_failed(world: World) -> Situation:
    run = _open_run(world)

    def state() -> dict[str, Any]:
        found = Ledger(table(world)).state().run
        return {"stage": found and found.stage, "told": told(world, run.id, "brought no model")}

    detail = {"ProcessingJobName": collection.job_name(NAMES.prefix, run.id), "ProcessingJobStatus": "Failed", "FailureReason": "no disk"}
    return Situation(event(events.PROCESSING_STATE_CHANGE, "aws.sagemaker", **detail), state)


def the_drop_became_a_version(world: World) -> Situation:
    run = _open_run(world)
    Ledger(table(world)).move(run, LANDED)
    version = f"v{next(NUMBERS)}"

    def state() -> dict[str, Any]:
        found = Ledger(table(world)).state().run
        return {"stage": found and found.stage, "version": found and found.version == version}

    return Situation(event(events.DATASET_CREATED, drop=collection.drop(run.id), dataset_version=version), state)


def the_pipeline_ended(world: World) -> Situation:
    """Its execution has registered a package, by a pipeline of that one step."""
    ready = the_drop_became_a_version(world)
    world.aws.client("lambda").invoke(FunctionName=NAMES.function("retrain"), Payload=json.dumps(ready.event))
    sagemaker, version = world.aws.client("sagemaker"), ready.event["detail"]["dataset_version"]
    run, arn = Ledger(table(world)).state().run, _registered(world, version)
    assert run is not None

    def state() -> dict[str, Any]:
        found = Ledger(table(world)).state().run
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        package = sagemaker.describe_model_package(ModelPackageName=steps[0]["Metadata"]["RegisterModel"]["Arn"])
        metadata = package.get("CustomerMetadataProperties", {})
        return {"stage": found and found.stage, "run": metadata.get("retrain_run") == run.id, "why": metadata.get("retrain_trigger")}

    detail = {
        "pipelineExecutionArn": arn,
        "pipelineExecutionDisplayName": f"dataset-{version}",
        "currentPipelineExecutionStatus": "Succeeded",
    }
    return Situation(event(events.PIPELINE_STATE_CHANGE, "aws.sagemaker", **detail), state)


def register_only(world: World) -> None:
    """From now on the pipeline has one step, which registers a model."""
    sagemaker = world.aws.client("sagemaker")
    arguments = {
        "ModelPackageGroupName": NAMES.model_package_group,
        "InferenceSpecification": sagemaker.describe_model_package(ModelPackageName=waiting_package(world))["InferenceSpecification"],
        "ModelApprovalStatus": "PendingManualApproval",
    }
    parameters = json.loads(sagemaker.describe_pipeline(PipelineName=NAMES.pipeline)["PipelineDefinition"])["Parameters"]
    steps = [{"Name": "Register", "Type": "RegisterModel", "Arguments": arguments}]
    definition = {"Version": "2020-12-01", "Parameters": parameters, "Steps": steps}
    sagemaker.update_pipeline(PipelineName=NAMES.pipeline, PipelineDefinition=json.dumps(definition))


def _registered(world: World, version: str) -> str:
    """An execution that has registered a package."""
    started = world.aws.client("sagemaker").start_pipeline_execution(
        PipelineName=NAMES.pipeline,
        PipelineParameters=[{"Name": "DatasetVersion", "Value": version}],
        ClientRequestToken=uuid.uuid4().hex,
    )
    world.aws.settle()
    return str(started["PipelineExecutionArn"])
