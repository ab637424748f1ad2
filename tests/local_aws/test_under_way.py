"""What was waiting or under way at a restart: what can wait on does, everything else has an end that says why."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from local_aws import state
from local_aws.aws import LocalAws
from local_aws.cloudformation.cut_off import REASON
from local_aws.cloudformation.history import History
from local_aws.cloudformation.stack import Stack
from local_aws.sagemaker.pipelines.execution import INTERRUPTED, Execution
from tests.local_aws import stacks
from tests.local_aws.definitions import create as create_pipeline
from tests.local_aws.definitions import definition, processing, start, status, steps_of
from tests.local_aws.endpoints import alarm, config, create, guarded, model, settled, word
from tests.local_aws.restart import restarted
from tests.local_aws.sagemaker.monitored import capture, executions, watch
from tests.local_aws.support import ROLE, emitted, function, furnish, put, queue, refusal, sent, until

pytestmark = pytest.mark.slow

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# forwards what it is invoked with to a queue, and fails as long as there is none
FORWARD = """
    import json, boto3

    def handler(event, context):
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="out")["QueueUrl"], MessageBody=json.dumps(event))
"""


def arrived(aws: LocalAws, name: str) -> list[Any]:
    """What lies in a queue. Its URL names the port of the server, so another world has another."""
    return [json.loads(m["Body"]) for m in sent(aws, aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])]


def test_a_callback_is_waited_for_with_the_token_that_was_sent(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> str:
        url, _ = queue(aws, "asked")
        step = {"Name": "Ask", "Type": "Callback", "SqsQueueUrl": url, "Arguments": {"q": "how many?"}}
        sagemaker = aws.client("sagemaker")
        token = uuid.uuid4().hex
        sagemaker.create_pipeline(PipelineName="p", RoleArn=ROLE, ClientRequestToken=token, PipelineDefinition=definition(step))
        arn = sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
        aws.settle()
        return str(arn)

    def after(aws: LocalAws, arn: str) -> None:
        sagemaker = aws.client("sagemaker")
        status = lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]  # noqa: E731
        aws.settle()
        assert status() == "Executing"
        (asked,) = arrived(aws, "asked")
        assert sagemaker.send_pipeline_execution_step_success(CallbackToken=asked["token"])["PipelineExecutionArn"] == arn
        until(lambda: status() == "Succeeded")
        (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 1)

    restarted(tmp_path, before, after)


def test_a_delivery_that_failed_is_tried_again(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> None:
        events = aws.client("events")
        events.put_rule(Name="r", EventPattern=json.dumps({"source": ["test"]}))
        events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:late"}])
        events.put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": json.dumps({"n": 1})}])
        aws.settle()

    def after(aws: LocalAws, _: None) -> None:
        queue(aws, "late")
        aws.advance(10 * MINUTE)
        assert [e["detail"] for e in arrived(aws, "late")] == [{"n": 1}]

    restarted(tmp_path, before, after)


def test_a_schedule_keeps_its_beat_and_an_invocation_that_failed_is_tried_again(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> None:
        target = {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:late", "RoleArn": ROLE, "Input": '{"n": 1}'}
        aws.client("scheduler").create_schedule(
            Name="s", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
        )
        aws.advance(HOUR + MINUTE)  # fires once, at a function that is not there
        aws.advance(50 * MINUTE)

    def after(aws: LocalAws, _: None) -> None:
        queue(aws, "out")
        function(aws, "late", FORWARD, Timeout=10)
        aws.advance(6 * MINUTE)
        assert arrived(aws, "out") == [{"n": 1}]
        aws.advance(8 * MINUTE)  # two hours and five minutes after its creation
        assert arrived(aws, "out") == [{"n": 1}]

    restarted(tmp_path, before, after)


def test_an_asynchronous_invocation_that_failed_is_tried_again(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> None:
        function(aws, "later", FORWARD, Timeout=10)
        aws.client("lambda").invoke(FunctionName="later", InvocationType="Event", Payload=b'{"n": 1}')
        aws.settle()

    def after(aws: LocalAws, _: None) -> None:
        queue(aws, "out")
        aws.advance(2 * MINUTE)
        assert arrived(aws, "out") == [{"n": 1}]
        aws.advance(10 * MINUTE)
        assert arrived(aws, "out") == []  # once: what was taken before is not seen again so soon

    restarted(tmp_path, before, after)


def test_messages_that_a_function_failed_on_come_back(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> None:
        url, arn = queue(aws, "in", VisibilityTimeout="300")
        function(aws, "forward", FORWARD, Timeout=10)
        aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="forward")
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="one")
        aws.settle()

    def after(aws: LocalAws, _: None) -> None:
        queue(aws, "out")
        aws.settle()
        assert arrived(aws, "out") == []
        aws.advance(timedelta(seconds=301))
        assert [r["body"] for e in arrived(aws, "out") for r in e["Records"]] == ["one"]

    restarted(tmp_path, before, after)


def test_the_event_history_goes_back_to_before(tmp_path: Path) -> None:
    def looked_up(aws: LocalAws) -> list[tuple[str, Any]]:
        by_name = [{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}]
        found = aws.client("cloudtrail").lookup_events(LookupAttributes=by_name)["Events"]
        return [(e["EventId"], e["EventTime"]) for e in found]

    def after(aws: LocalAws, known: list[tuple[str, Any]]) -> None:
        assert known and looked_up(aws) == known
        aws.client("s3").create_bucket(Bucket="another")
        assert looked_up(aws)[1:] == known

    restarted(tmp_path, looked_up, after)


def test_an_execution_of_a_monitor_that_had_not_begun_begins(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> None:
        watch(aws, "late")
        aws.advance(30 * MINUTE)
        capture(aws, "3,4")
        aws.advance(HOUR)
        assert executions(aws, "late")[-1]["MonitoringExecutionStatus"] == "Pending"

    def after(aws: LocalAws, _: None) -> None:
        assert executions(aws, "late")[-1]["MonitoringExecutionStatus"] == "Pending"
        aws.advance(20 * MINUTE)
        assert executions(aws, "late")[-1]["MonitoringExecutionStatus"] == "Completed"

    restarted(tmp_path, before, after)


def moving(number: int) -> dict[str, Any]:
    """A stack whose endpoint bakes for ten minutes whenever its config changes, and a topic that goes with the config."""
    properties = {"EndpointName": "e", "EndpointConfigName": f"e-{number}", "DeploymentConfig": guarded(["quiet"], CanarySize=20)}
    endpoint = {"Type": "AWS::SageMaker::Endpoint", "Properties": properties, "DependsOn": ["Topic"]}
    return {"Topic": stacks.topic(f"topic-{number}"), "Endpoint": endpoint}


@pytest.mark.parametrize("by_change_set", [False, True], ids=["update", "change set"])
def test_an_update_that_bakes_is_taken_back_and_can_be_made_again(tmp_path: Path, by_change_set: bool) -> None:
    def before(aws: LocalAws) -> None:
        for number, says in enumerate(("old", "new"), 1):
            config(aws, f"e-{number}", variant="v", instances=10, **{model(aws, says, says): 1})
        alarm(aws, "quiet")
        assert stacks.create(aws, "s", moving(1)) == "CREATE_COMPLETE"
        cloudformation, given = aws.client("cloudformation"), {"StackName": "s", "TemplateBody": stacks.template(moving(2))}
        if by_change_set:
            cloudformation.create_change_set(ChangeSetName="c", ChangeSetType="UPDATE", **given)
            cloudformation.execute_change_set(ChangeSetName="c", StackName="s")
        else:
            cloudformation.update_stack(**given)
        aws.settle()
        assert stacks.described(aws, "s")["StackStatus"] == "UPDATE_IN_PROGRESS"

    def after(aws: LocalAws, _: None) -> None:
        aws.settle()
        assert stacks.described(aws, "s")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        happened = aws.client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
        assert [e["LogicalResourceId"] for e in happened if e.get("ResourceStatusReason") == REASON] == ["Endpoint"]
        assert emitted(aws, "CloudFormation Stack Status Change")[-1]["status-details"]["status"] == "UPDATE_ROLLBACK_COMPLETE"
        endpoint = settled(aws, "e")
        assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"], word(aws, "e")) == ("InService", "e-1", "old")
        assert endpoint["FailureReason"] == "The local AWS was stopped during the deployment of e-2."
        assert [t["TopicArn"].rsplit(":", 1)[1] for t in aws.client("sns").list_topics()["Topics"]] == ["topic-1"]
        aws.client("cloudformation").update_stack(StackName="s", TemplateBody=stacks.template(moving(2)))
        aws.settle()
        aws.advance(21 * MINUTE)
        assert (stacks.described(aws, "s")["StackStatus"], word(aws, "e")) == ("UPDATE_COMPLETE", "new")

    restarted(tmp_path, before, after)


def test_what_is_cut_off_in_the_middle_has_an_end_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when work goes on beyond what the server waits for."""
    monkeypatch.setattr(state, "quiesce", lambda _: [])

    begun = [tmp_path / name for name in ("glue", "endpoint")]
    sleep = "import pathlib, time; pathlib.Path({!r}).touch(); time.sleep(60)"

    def before(aws: LocalAws) -> str:
        script = put(aws, "sleep.py", sleep.format(str(begun[0])))
        command = {"Name": "glueetl", "ScriptLocation": script, "PythonVersion": "3"}
        glue = aws.client("glue")
        glue.create_job(Name="long", Role=ROLE, Command=command, GlueVersion="5.1")
        config(aws, "e-1", variant="v", instances=10, **{model(aws, "m", code=sleep.format(str(begun[1]))): 1})
        alarm(aws, "quiet")
        aws.client("cloudformation").create_stack(StackName="s", TemplateBody=stacks.template(moving(1)))
        run = glue.start_job_run(JobName="long")["JobRunId"]
        until(lambda: all(path.exists() for path in begun))
        return str(run)

    def after(aws: LocalAws, run: str) -> None:
        found = aws.client("glue").get_job_run(JobName="long", RunId=run)["JobRun"]
        assert (found["JobRunState"], found["ErrorMessage"]) == ("FAILED", "The local AWS was stopped during the run.")
        assert [d["state"] for d in emitted(aws, "Glue Job State Change", jobRunId=run)] == ["FAILED"]
        assert stacks.settled(aws, "s") == "ROLLBACK_COMPLETE"
        assert aws.client("sns").list_topics()["Topics"] == []
        assert "Could not find" in refusal(lambda: aws.client("sagemaker").describe_endpoint(EndpointName="e"))[1]

    restarted(tmp_path, before, after)


def test_a_stack_that_was_gone_but_had_not_said_so_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buried, saved, finish = Event(), Event(), History.finish

    def held(self: History, stack: Stack, status: str, reason: str = "") -> None:
        if status == "DELETE_COMPLETE":
            buried.set()
            saved.wait(30)
        finish(self, stack, status, reason)

    with LocalAws() as aws:
        furnish(aws)
        assert stacks.create(aws, "s", {"One": stacks.topic("one")}) == "CREATE_COMPLETE"
        id = stacks.described(aws, "s")["StackId"]
        monkeypatch.setattr(state, "quiesce", lambda _: [])
        monkeypatch.setattr(History, "finish", held)
        Thread(target=aws.client("cloudformation").delete_stack, kwargs={"StackName": "s"}).start()
        assert buried.wait(30)
        state.save(aws, tmp_path / "state")
        saved.set()
    with LocalAws() as aws:
        assert state.restore(aws, tmp_path / "state") == []
        assert stacks.settled(aws, id) == "DELETE_COMPLETE"


def test_an_endpoint_whose_config_is_gone_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    with LocalAws() as aws:
        furnish(aws)
        model(aws, "m")
        for name in ("kept", "bare"):
            create(aws, name, config(aws, f"{name}-1", m=1))
        aws.client("sagemaker").delete_endpoint_config(EndpointConfigName="bare-1")
        state.save(aws, tmp_path / "state")
    with LocalAws() as aws:
        (lost,) = state.restore(aws, tmp_path / "state") or []
        assert lost.startswith("bare: ") and "Could not find endpoint configuration" in lost
        assert word(aws, "kept") == "hello"


def test_a_world_is_saved_whatever_its_executions_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Execution) -> None:
        raise TypeError("cannot stop")

    monkeypatch.setattr(Execution, "stop", refuse)
    quiesce = state.quiesce
    monkeypatch.setattr(state, "quiesce", lambda aws: quiesce(aws, 2))
    with LocalAws() as aws:
        furnish(aws)
        arn = start(aws, create_pipeline(aws, processing("Long", "import time; time.sleep(30)"), name="p"))
        until(lambda: "ProcessingJob" in steps_of(aws, arn).get("Long", {}).get("Metadata", {}))
        assert arn in state.save(aws, tmp_path)
    with LocalAws() as aws:
        assert state.restore(aws, tmp_path) == []
        assert (status(aws, arn), steps_of(aws, arn)["Long"]["FailureReason"]) == ("Failed", INTERRUPTED)
