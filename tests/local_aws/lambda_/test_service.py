"""Lambda functions that really run: environment, credentials, warmth, errors, time, retries, code updates."""

import base64
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.support import ROLE, function, queue, refusal, sent, until, zipped

HANDLER = """
    import json, os, time
    from datetime import datetime, timezone
    import boto3

    count = 0

    def handler(event, context):
        global count
        count += 1
        what = event.get("do")
        if what == "raise":
            raise ValueError("no good")
        if what == "sleep":
            time.sleep(30)
        if what == "exit":
            os._exit(3)
        if what == "set":
            return {1, 2}
        if what == "who":
            return boto3.client("sts").get_caller_identity()["Arn"]
        if what == "now":
            return datetime.now(timezone.utc).isoformat()
        print("called with", json.dumps(event))
        event["count"] = count
        return {**event, "word": os.environ.get("WORD"), "name": context.function_name, "left": context.get_remaining_time_in_millis()}
"""


@pytest.fixture(scope="module")
def echo(aws: LocalAws) -> str:
    function(aws, "echo", HANDLER, Timeout=5, Environment={"Variables": {"WORD": "hi"}})
    return "echo"


def invoke(aws: LocalAws, name: str, event: Any = None, **extra: Any) -> Any:
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}), **extra)
    return json.loads(answer["Payload"].read() or b"null")


def failure(aws: LocalAws, name: str, event: Any = None) -> dict[str, Any]:
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    assert answer["FunctionError"] == "Unhandled"
    assert answer["StatusCode"] == 200
    return dict(json.loads(answer["Payload"].read()))


def lines(aws: LocalAws, name: str) -> list[str]:
    return [e["message"] for e in aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]]


def test_a_handler_gets_its_event_environment_and_context(aws: LocalAws, echo: str) -> None:
    answer = invoke(aws, echo, {"a": [1]})
    assert (answer["a"], answer["word"], answer["name"]) == ([1], "hi", "echo")
    assert 1000 < answer["left"] <= 5000


def test_an_environment_stays_warm_between_invocations(aws: LocalAws, echo: str) -> None:
    first = invoke(aws, echo)["count"]
    assert [invoke(aws, echo)["count"] for _ in range(2)] == [first + 1, first + 2]
    aws.client("lambda").update_function_configuration(FunctionName=echo, Description="cold again")
    assert invoke(aws, echo)["count"] == 1


def test_calls_are_made_with_the_functions_role(aws: LocalAws, echo: str) -> None:
    assert invoke(aws, echo, {"do": "who"}) == "arn:aws:sts::123456789012:assumed-role/tester/echo"
    assert aws.journal.of_role("tester")[-1].principal.endswith("/tester/echo")


def test_an_exception_is_a_function_error_and_does_not_end_the_environment(aws: LocalAws, echo: str) -> None:
    before = invoke(aws, echo)["count"]
    error = failure(aws, echo, {"do": "raise"})
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no good")
    assert "raise ValueError" in "".join(error["stackTrace"])
    # a function's output comes through a pipe, its answer through a socket
    until(lambda: any("raise ValueError" in line for line in lines(aws, echo)))
    logged = lines(aws, echo)
    assert logged[logged.index("[ERROR] ValueError: no good") + 1] == "Traceback (most recent call last):"
    assert invoke(aws, echo)["count"] == before + 2


def test_a_timeout_ends_the_environment(aws: LocalAws) -> None:
    function(aws, "slow", HANDLER, Timeout=1)
    assert failure(aws, "slow", {"do": "sleep"})["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert invoke(aws, "slow")["count"] == 1
    assert any("Task timed out" in line for line in lines(aws, "slow"))


def test_a_process_that_ends_and_a_result_that_is_no_json_are_errors(aws: LocalAws, echo: str) -> None:
    error = failure(aws, echo, {"do": "exit"})
    assert error["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in error["errorMessage"]
    assert "not JSON serializable" in failure(aws, echo, {"do": "set"})["errorMessage"]


def test_a_handler_that_cannot_be_imported_says_why(aws: LocalAws) -> None:
    function(aws, "unimportable", "import a_module_that_is_not_there\n")
    error = failure(aws, "unimportable")
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"].startswith("Unable to import module '")
    assert "a_module_that_is_not_there" in error["errorMessage"]


def test_output_and_bounds_are_in_the_log(aws: LocalAws, echo: str) -> None:
    invoke(aws, echo, {"mark": "in the log"})
    found = until(lambda: (ls := lines(aws, echo)) and any("in the log" in line for line in ls) and ls)
    assert any(line == 'called with {"mark": "in the log"}' for line in found)
    for word in ("START RequestId:", "END RequestId:", "REPORT RequestId:"):
        assert any(line.startswith(word) for line in found)


def test_the_end_of_the_log_is_answered_when_it_is_asked_for(aws: LocalAws, echo: str) -> None:
    client = aws.client("lambda")
    answer = client.invoke(FunctionName=echo, LogType="Tail", Payload=b'{"mark": "in the tail"}')
    start, *said, end, report = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert said == ['called with {"mark": "in the tail"}']
    assert [line.split(" RequestId:")[0] for line in (start, end, report)] == ["START", "END", "REPORT"]
    long = client.invoke(FunctionName=echo, LogType="Tail", Payload=json.dumps({"long": "x" * 9000}))
    assert len(base64.b64decode(long["LogResult"])) == 4096
    failed = client.invoke(FunctionName=echo, LogType="Tail", Payload=b'{"do": "exit"}')
    assert "Runtime exited" in base64.b64decode(failed["LogResult"]).decode()
    assert "LogResult" not in client.invoke(FunctionName=echo)
    assert not [line for line in lines(aws, echo) if line.startswith("<")]  # what marks the end is not part of it


def test_a_qualifier_names_what_is_there_or_nothing(aws: LocalAws, echo: str) -> None:
    client = aws.client("lambda")
    assert client.invoke(FunctionName=echo, Qualifier="$LATEST")["ExecutedVersion"] == "$LATEST"
    for given in ({"FunctionName": echo, "Qualifier": "nope"}, {"FunctionName": f"{echo}:nope"}, {"FunctionName": echo, "Qualifier": "1"}):
        code, message = refusal(lambda given=given: client.invoke(**given))  # type: ignore[misc]
        assert (code, f"function:{echo}:" in message) == ("ResourceNotFoundException", True)


def test_a_status_says_what_was_done(aws: LocalAws, echo: str) -> None:
    kinds = {"DryRun": 204, "Event": 202, "RequestResponse": 200}
    answers = {k: aws.client("lambda").invoke(FunctionName=echo, InvocationType=k) for k in kinds}
    assert {k: a["StatusCode"] for k, a in answers.items()} == kinds
    assert {k: a["ResponseMetadata"]["HTTPStatusCode"] for k, a in answers.items()} == kinds


def test_a_function_without_a_log_group_runs_and_gets_one(aws: LocalAws) -> None:
    code = {"ZipFile": zipped({"app.py": "def handler(event, context):\n    return 1\n"})}
    aws.client("lambda").create_function(FunctionName="bare", Role=ROLE, Runtime="python3.13", Handler="app.handler", Code=code)
    assert invoke(aws, "bare") == 1
    assert any(line.startswith("START") for line in lines(aws, "bare"))


def test_simulated_time_is_seen_inside_a_warm_handler(aws: LocalAws) -> None:
    function(aws, "clock", HANDLER)
    assert abs(datetime.fromisoformat(invoke(aws, "clock", {"do": "now"})) - aws.clock.now()) < timedelta(seconds=5)
    for _ in range(2):
        aws.advance(timedelta(days=2))
        seen = datetime.fromisoformat(invoke(aws, "clock", {"do": "now"}))
        assert abs(seen - aws.clock.now()) < timedelta(seconds=5)
        assert seen - datetime.now(UTC) > timedelta(days=1)


def test_new_code_takes_effect_also_for_what_is_under_way(aws: LocalAws) -> None:
    code = "import time\ndef handler(event, context):\n    time.sleep(event.get('nap', 0))\n    return {!r}\n"
    function(aws, "moving", code.format("old"))
    answers: list[Any] = []
    aws.journal.clear()
    busy = threading.Thread(target=lambda: answers.append(invoke(aws, "moving", {"nap": 0.6})))
    busy.start()
    until(lambda: aws.journal.calls("logs", "CreateLogStream"))
    time.sleep(0.2)  # the environment is being made with the old code
    updated = aws.client("lambda").update_function_code(FunctionName="moving", ZipFile=zipped({"app.py": code.format("new")}))
    assert updated["CodeSha256"] == aws.client("lambda").get_function(FunctionName="moving")["Configuration"]["CodeSha256"]
    busy.join()
    assert answers == ["old"]
    assert invoke(aws, "moving") == "new"
    assert invoke(aws, "moving") == "new"


def test_an_asynchronous_failure_is_retried_twice_and_then_dead_lettered(aws: LocalAws) -> None:
    url, arn = queue(aws, "lambda-dlq")
    function(aws, "doomed", "def handler(event, context):\n    raise KeyError('gone')\n", DeadLetterConfig={"TargetArn": arn})
    aws.client("lambda").invoke(FunctionName="doomed", InvocationType="Event", Payload=b'{"n": 1}')
    attempts = lambda: sum(line.startswith("START") for line in lines(aws, "doomed"))  # noqa: E731
    aws.settle()
    assert attempts() == 1
    aws.advance(timedelta(seconds=61))
    assert attempts() == 2
    aws.advance(timedelta(seconds=61))
    assert (attempts(), sent(aws, url)) == (2, [])  # the second wait is two minutes
    aws.advance(timedelta(seconds=61))
    assert attempts() == 3
    (message,) = sent(aws, url)
    assert json.loads(message["Body"]) == {"n": 1}
    assert "gone" in message["MessageAttributes"]["ErrorMessage"]["StringValue"]
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "200"


def test_retries_can_be_turned_off(aws: LocalAws) -> None:
    url, arn = queue(aws, "lambda-dlq-2")
    function(aws, "once", "def handler(event, context):\n    raise KeyError('gone')\n", DeadLetterConfig={"TargetArn": arn})
    aws.client("lambda").put_function_event_invoke_config(FunctionName="once", MaximumRetryAttempts=0)
    aws.client("lambda").invoke(FunctionName="once", InvocationType="Event", Payload=b"{}")
    aws.settle()
    assert len(sent(aws, url)) == 1


def test_what_cannot_be_made_or_found_is_refused(aws: LocalAws, echo: str) -> None:
    client = aws.client("lambda")
    base = {"FunctionName": "x", "Role": ROLE, "Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": b""}}
    code, message = refusal(lambda: client.create_function(**{**base, "Code": {"ZipFile": b"no zip"}}))
    assert (code, message.split(".")[0]) == ("InvalidParameterValueException", "Could not unzip uploaded file")
    assert refusal(lambda: client.update_function_code(FunctionName=echo, ZipFile=b"no zip"))[0] == "InvalidParameterValueException"
    assert invoke(aws, echo, {"still": 1})["still"] == 1
    assert "ClientContext" in refusal(lambda: client.invoke(FunctionName=echo, ClientContext="e30="))[1]
    assert "nobody" in refusal(lambda: client.create_function(**{**base, "Role": ROLE.replace("tester", "nobody")}))[1]
    assert refusal(lambda: client.create_function(**{**base, "Runtime": "nodejs22.x"}))[0] == "LocalAwsUnsupported"
    missing = {"S3Bucket": "data", "S3Key": "none.zip"}
    assert "s3://data/none.zip" in refusal(lambda: client.create_function(**{**base, "Code": missing}))[1]
    assert refusal(lambda: client.create_function(**{**base, "FunctionName": echo}))[0] == "ResourceConflictException"
    assert refusal(lambda: client.invoke(FunctionName="absent"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: client.invoke(FunctionName=echo, Payload=b"{"))[0] == "InvalidRequestContentException"
    assert refusal(lambda: client.publish_version(FunctionName=echo))[0] == "LocalAwsUnsupported"


def test_permissions_are_kept_as_a_policy(aws: LocalAws, echo: str) -> None:
    client = aws.client("lambda")
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "SourceArn": "arn:x"}
    client.add_permission(FunctionName=echo, **permission)
    (statement,) = json.loads(client.get_policy(FunctionName=echo)["Policy"])["Statement"]
    assert (statement["Principal"], statement["Condition"]) == (
        {"Service": "events.amazonaws.com"},
        {"ArnLike": {"AWS:SourceArn": "arn:x"}},
    )
    assert refusal(lambda: client.add_permission(FunctionName=echo, **permission))[0] == "ResourceConflictException"
    client.remove_permission(FunctionName=echo, StatementId="s")
    assert json.loads(client.get_policy(FunctionName=echo)["Policy"])["Statement"] == []
