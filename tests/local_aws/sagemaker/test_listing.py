"""Lists of SageMaker: every filter and order that a request may name is done, or refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.errors import AwsError, Unsupported
from local_aws.moto_seam import members
from local_aws.sagemaker.listing import Listing
from tests.local_aws.definitions import create, fail, start
from tests.local_aws.jobs import process
from tests.local_aws.support import refusal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JOBS = Listing("ListTrainingJobs", "TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus", order="Ascending")
ITEMS = [
    {"TrainingJobName": name, "TrainingJobStatus": status, "CreationTime": NOON + timedelta(hours=hour), "LastModifiedTime": NOON}
    for name, status, hour in (("b", "Failed", 0), ("a", "Completed", 1), ("ab", "Completed", 1))
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "b a ab"),
        ({"SortOrder": "Descending"}, "ab a b"),
        ({"SortBy": "Name"}, "a ab b"),
        ({"SortBy": "Status", "SortOrder": "Descending"}, "b ab a"),
        ({"NameContains": "b"}, "b ab"),
        ({"StatusEquals": "Completed", "MaxResults": 1}, "a"),
        ({"CreationTimeAfter": NOON}, "a ab"),
        ({"CreationTimeBefore": NOON + timedelta(hours=1)}, "b"),
        ({"LastModifiedTimeAfter": NOON}, ""),
    ],
)
def test_filters_and_orders(asked: dict[str, Any], found: str) -> None:
    assert " ".join(i["TrainingJobName"] for i in JOBS.page(ITEMS, asked)["TrainingJobSummaries"]) == found


@pytest.mark.parametrize("items", [ITEMS, []])
def test_what_is_not_done_is_refused(items: list[dict[str, Any]]) -> None:
    with pytest.raises(Unsupported, match="ListTrainingJobs with WarmPoolStatusEquals"):
        JOBS.page(items, {"WarmPoolStatusEquals": "InUse"})
    with pytest.raises(AwsError, match="Invalid NextToken"):
        JOBS.page(items, {"NextToken": "LTU="})


def test_an_order_that_there_is_not_is_refused() -> None:
    with pytest.raises(AwsError, match="does not sort by 'Size'"):
        JOBS.page(ITEMS, {"SortBy": "Size"})


# what an operation needs to be asked at all, and what is refused of it
NEEDED = {
    "ListPipelineExecutions": {"PipelineName": "listed"},
    "ListPipelineExecutionSteps": {},
    "ListPipelineParametersForExecution": {},
}
REFUSED = {"WarmPoolStatusEquals", "CrossAccountFilterOption", "ManagedBy", "PipelineVersionAlias"}


def test_times_names_and_states_are_filters_of_every_list_that_has_them(aws: LocalAws) -> None:
    process(aws, "pass")
    start(aws, create(aws, fail("Stop", "x"), name="listed"))
    aws.settle()
    sagemaker = aws.client("sagemaker")
    asked = {"After": datetime(2100, 1, 1, tzinfo=UTC), "Before": datetime(2000, 1, 1, tzinfo=UTC), "Contains": "nothing-is-called-so"}
    for service, operation in sorted(aws.dispatcher.implemented()):
        if service != "sagemaker" or not operation.startswith("List") or "ForHyperParameter" in operation:
            continue
        method = getattr(sagemaker, _method(sagemaker, operation))
        for member in members("sagemaker", operation)[0]:
            value = next((v for suffix, v in asked.items() if member.endswith(suffix)), None)
            if value is not None:
                answer = method(**NEEDED.get(operation, {}), **{member: value})
                assert [v for v in answer.values() if isinstance(v, list)] == [[]], (operation, member)
            elif member in REFUSED:
                code, message = refusal(lambda m=member, call=method, op=operation: call(**NEEDED.get(op, {}), **{m: "x" * 3}))
                assert (code, f"{operation} with {member}" in message) == ("LocalAwsUnsupported", True)


def _method(client: Any, operation: str) -> str:
    return next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)
