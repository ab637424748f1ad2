"""``loop up``: ready, side by side, S3 in both styles, state over a restart, and nothing left behind however it ends."""

import json
import signal
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import LOOP, ROOT, Server, gone, serving
from tests.local_aws.definitions import definition, processing
from tests.local_aws.endpoints import INFERENCE, QUICK, SERVING
from tests.local_aws.stacks import parameter, template
from tests.local_aws.support import IMAGE, ROLE, children, tarred, until, zipped

HANDLER = "import os\ndef handler(event, context):\n    return {'said': event['say'], 'pid': os.getpid()}\n"


def furnish(server: Server) -> None:
    server.client("iam").create_role(RoleName="tester", AssumeRolePolicyDocument="{}")
    server.client("s3").create_bucket(Bucket="data")


def invoke(server: Server, say: str) -> dict[str, Any]:
    answer = server.client("lambda").invoke(FunctionName="echo", Payload=json.dumps({"say": say}))
    return dict(json.loads(answer["Payload"].read()))


def serve(server: Server) -> None:
    """An endpoint whose container has started a process of its own, in a session of its own."""
    code = INFERENCE + "\n    import subprocess\n    subprocess.Popen(['sleep', '299'], start_new_session=True)\n"
    server.client("s3").put_object(Bucket="data", Key="m.tar.gz", Body=tarred({"word": "hello", "code/inference.py": code}))
    container = {"Image": IMAGE, "ModelDataUrl": "s3://data/m.tar.gz", "Environment": {**SERVING, **QUICK}}
    sagemaker = server.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "m", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    until(lambda: sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService")
    answer = server.client("sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=b"1", ContentType="text/csv")
    assert answer["Body"].read().startswith(b"hello")


def busy(server: Server) -> set[int]:
    """Give the server a function, an endpoint and a job that go on; every process below it."""
    furnish(server)
    serve(server)
    server.client("lambda").create_function(
        FunctionName="echo", Role=ROLE, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": zipped({"app.py": HANDLER})}
    )
    assert invoke(server, "x")["said"] == "x"
    code = "import subprocess, time; subprocess.Popen(['sleep', '300']); time.sleep(300)"
    sagemaker = server.client("sagemaker")
    sagemaker.create_pipeline(
        PipelineName="long", RoleArn=ROLE, ClientRequestToken=uuid.uuid4().hex, PipelineDefinition=definition(processing("Sleep", code))
    )
    arn = sagemaker.start_pipeline_execution(PipelineName="long")["PipelineExecutionArn"]
    step = lambda: sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]  # noqa: E731
    until(lambda: step() and step()[0]["Metadata"])
    started = lambda found: all(any(f"sleep\0{n}" in _command(p) for p in found) for n in (299, 300))  # noqa: E731
    return until(lambda: started(c := children()) and c)  # type: ignore[no-any-return]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), *(pytest.param(n, c, marks=pytest.mark.slow) for n, c in ((signal.SIGINT, 0), (signal.SIGKILL, -9)))],
)
def test_nothing_is_left_after_a_stop_an_interrupt_or_a_kill(number: int, code: int) -> None:
    before = children()
    with serving() as server:
        below = busy(server) - before
        # the server, two stand-ins, the function, the endpoint, the job, and what the last two have started
        assert len(below) >= 8
        ended, log = server.stop(number)
        assert ended == code
        assert gone(below)
    events = [json.loads(line) for line in log.splitlines()]
    assert events[0]["event"] == "ready"
    call = next(e for e in events if e["event"] == "call" and e["operation"] == "StartPipelineExecution")
    assert (call["service"], call["status"], call["principal"]) == ("sagemaker", 200, "arn:aws:iam::123456789012:user/local-admin")
    assert (events[-1]["event"] == "stopped") == (code == 0)


@pytest.mark.slow
def test_two_servers_know_nothing_of_each_other_and_a_taken_port_is_named() -> None:
    with serving("--quiet") as first, serving("--quiet") as second:
        assert first.url != second.url
        assert json.loads(first.page("ready"))["status"] == "ready"
        first.client("s3").create_bucket(Bucket="only-here")
        assert second.client("s3").list_buckets()["Buckets"] == []
        port = first.url.rsplit(":", 1)[1]
        refused = second.run(LOOP, "up", "--port", port)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"port {port} of 127.0.0.1" in refused.stderr


def test_objects_are_reached_in_both_styles_and_by_presigned_url(server: Server) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="my.bucket-1")
    s3.put_object(Bucket="my.bucket-1", Key="a b/c", Body=b"text")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "my.bucket-1", "Key": "a b/c"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"text"
    port = server.url.rsplit(":", 1)[1]
    for host in (f"my.bucket-1.localhost:{port}", f"my.bucket-1.s3.us-east-1.localhost:{port}", "my.bucket-1.s3.us-east-1.amazonaws.com"):
        request = urllib.request.Request(url.replace("/my.bucket-1/", "/"), headers={"Host": host})
        with urllib.request.urlopen(request) as answer:
            assert answer.read() == b"text"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server.url}/my.bucket-1/a%20b/c")


def measure(server: Server, value: float) -> None:
    server.client("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "errors", "Value": value}])


def alarm_state(server: Server) -> str:
    return str(server.client("cloudwatch").describe_alarms(AlarmNames=["many"])["MetricAlarms"][0]["StateValue"])


def alarmed(server: Server) -> None:
    """An alarm in ALARM that no missing data takes back, and a schedule."""
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="many", Namespace="n", MetricName="errors", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=5,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName="many", StateValue="ALARM", StateReason="a test")
    target = {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:echo", "RoleArn": ROLE}
    server.client("scheduler").create_schedule(
        Name="daily", ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )


@pytest.mark.slow
def test_state_is_there_again_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving("--quiet", "--state", str(state)) as server:
        furnish(server)
        server.client("s3").put_object(Bucket="data", Key="k", Body=b"kept")
        server.client("lambda").create_function(
            FunctionName="echo", Role=ROLE, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": zipped({"app.py": HANDLER})}
        )
        key = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
        secret = server.client("kms").encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
        server.client("cloudformation").create_stack(StackName="kept", TemplateBody=template({"A": parameter("/kept/a")}))
        sagemaker = server.client("sagemaker")
        text = definition(processing("Say", "open('/opt/ml/processing/output/said', 'w').write('hi')"))
        sagemaker.create_pipeline(PipelineName="p", RoleArn=ROLE, ClientRequestToken=uuid.uuid4().hex, PipelineDefinition=text)
        arn = sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
        until(lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Succeeded")
        serve(server)
        alarmed(server)
        assert server.stop(signal.SIGTERM)[0] == 0
    with serving("--quiet", "--state", str(state)) as server:
        # it serves once it is ready
        answer = server.client("sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=b"1", ContentType="text/csv")
        assert answer["Body"].read().startswith(b"hello")
        assert alarm_state(server) == "ALARM"
        measure(server, 0)
        assert server.client("scheduler").get_schedule(Name="daily")["ScheduleExpression"] == "rate(1 day)"
        assert server.client("s3").get_object(Bucket="data", Key="k")["Body"].read() == b"kept"
        assert invoke(server, "again")["said"] == "again"
        assert server.client("kms").decrypt(CiphertextBlob=secret)["Plaintext"] == b"secret"
        sagemaker = server.client("sagemaker")
        assert sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Succeeded"
        again = sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
        until(lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=again)["PipelineExecutionStatus"] == "Succeeded")
        cloudformation = server.client("cloudformation")
        cloudformation.delete_stack(StackName="kept")
        until(lambda: not server.client("ssm").get_parameters(Names=["/kept/a"])["Parameters"])
        until(lambda: alarm_state(server) == "OK", 130)  # alarms are evaluated at full minutes
        assert server.stop(signal.SIGINT)[0] == 0


def test_state_of_other_versions_is_refused_by_what_differs(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 0, "python": "2.7", "moto": "1.0", "local_aws": "x"}))
    from subprocess import run

    refused = run([LOOP, "up", "--port", "0", "--state", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "moto '1.0', here" in refused.stderr
