"""The watchers of responses and events see what they are there for."""

import json

from local_aws.aws import LocalAws
from local_aws.moto_seam import HttpResponse
from tests.local_aws.conformance import Conformance
from tests.local_aws.event_shapes import DETAILS, faults


def test_a_response_that_the_model_does_not_allow_is_found(aws: LocalAws) -> None:
    watching = Conformance(aws)
    aws.client("iam").get_role(RoleName="tester")
    watching.check()
    parsed = []
    aws.dispatcher.watch(lambda p, _: parsed.append(p))
    aws.client("dynamodb").list_tables()
    watching._response(
        parsed[0], HttpResponse(200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps({"TableNames": [7]}).encode())
    )
    assert watching.found == [
        "dynamodb:ListTables: Invalid type for parameter TableNames[0], value: 7, type: <class 'int'>, valid types: <class 'str'>"
    ]
    watching.found.clear()


def test_an_event_of_another_shape_is_found(aws: LocalAws) -> None:
    seen = len(aws.events.history)
    aws.events.emit("mine", "Anything", {"x": 1})
    event = aws.events.history[seen]
    assert faults(event) == []
    assert faults({**event, "source": "aws.s3"}) == ["no documented shape for ('aws.s3', 'Anything')"]
    glue = {**event, "source": "aws.glue", "detail-type": "Glue Job State Change", "detail": {"jobName": 7, "colour": "red"}}
    found = "\n".join(faults(glue))
    assert all(part in found for part in ("'jobRunId' is a required property", "7 is not of type 'string'", "'colour' was unexpected"))
    assert faults({**event, "time": "today", "id": "x"})
    assert all(kind for _, kind in DETAILS)
