"""A request is good if its form is, and if what was signed is that very decision; who may decide is the policy's."""

import pytest

from interfaces.decisions import Record, statement
from lambdas.decide.decision import check_caller, read
from lambdas.decide.errors import Refused

GROUP = "loans-prod-models"
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{GROUP}/7"
SIGNATURE = "AWS4-HMAC-SHA256 Credential=AKIA/20261125/us-east-1/sts/aws4_request, SignedHeaders={}, Signature=ab"
COVERED = "content-type;host;x-amz-date;x-loop-decision"


def event(signs: str = COVERED, **changes: object) -> dict[str, object]:
    proof = {
        "Authorization": SIGNATURE.format(signs),
        "X-Amz-Date": "20261125T101112Z",
        "X-Loop-Decision": statement(ARN, "approve", "good enough"),
    }
    return {"package": ARN, "decision": "approve", "reason": "good enough", "proof": proof, **changes}


def test_a_good_request_is_read_with_only_the_headers_of_the_proof():
    given = event()
    given["proof"] = {**given["proof"], "Host": "evil.example", "X-Other": "x"}  # type: ignore[dict-item]
    request = read(given, GROUP)
    assert (request.package, request.decision, request.reason) == (ARN, "approve", "good enough")
    assert set(request.proof) == {"Authorization", "X-Amz-Date", "X-Loop-Decision"}
    assert request.signed_at == "20261125T101112Z"


REFUSED = {
    "another group": (event(package=ARN.replace("loans", "cars")), "expected the ARN of a package of the group loans-prod-models"),
    "no package": (event(package=None), "package: found None"),
    "unknown decision": (event(decision="maybe"), "decision: found 'maybe'; allowed: approve, reject"),
    "no reason": (event(reason="  "), "reason: found '  '"),
    "endless reason": (event(reason="x" * 401), "at most 400 characters"),
    "no proof": (event(proof=None), "proof: expected the headers Authorization"),
    "proof of numbers": (event(proof={"Authorization": 1}), "proof: expected the headers"),
    "decision not signed": (event("host;x-amz-date"), "does not cover host and X-Loop-Decision"),
    "host not signed": (event("x-amz-date;x-loop-decision"), "does not cover host"),
    "signed for the other decision": (event(decision="reject"), "another decision than this one"),
    "signed for other words": (event(reason="excellent"), "another decision than this one"),
    "time in another form": (
        event(proof={**event()["proof"], "X-Amz-Date": "now"}),  # type: ignore[dict-item]
        "X-Amz-Date: found 'now'",
    ),
}


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_request_is_refused_by_what_is_wrong(given, words):
    with pytest.raises(Refused) as caught:
        read(given, GROUP)
    assert words in str(caught.value)


ANN = "arn:aws:sts::123456789012:assumed-role/ml-reviewer/ann"


def test_without_reviewers_anyone_of_the_account_may_decide():
    check_caller(ANN, "123456789012", "123456789012", ())
    with pytest.raises(Refused, match="another account"):
        check_caller(ANN.replace("1234", "9999"), "999956789012", "123456789012", ())


def test_reviewers_are_patterns_on_the_callers_arn():
    allowed = ("arn:aws:sts::*:assumed-role/ml-reviewer/*",)
    check_caller(ANN, "123456789012", "123456789012", allowed)
    with pytest.raises(Refused, match="none of the policy's reviewers"):
        check_caller(ANN.replace("ml-reviewer", "developer"), "123456789012", "123456789012", allowed)


FOREIGN = "999999999999"


@pytest.mark.parametrize(
    ("pattern", "decides"),
    [
        (f"arn:aws:sts::{FOREIGN}:assumed-role/ml-reviewer/*", True),
        ("arn:aws:sts::*:assumed-role/ml-reviewer/*", False),
        ("arn:aws:sts::99*:assumed-role/ml-reviewer/*", False),
        ("arn:aws:sts::????????????:assumed-role/ml-reviewer/*", False),
        ("*/ml-reviewer/*", False),
        ("*", False),
        (f"arn:aws:sts::{FOREIGN}:assumed-role/another/*", False),
    ],
)
def test_a_caller_of_another_account_decides_only_where_a_pattern_names_that_account(pattern, decides):
    caller = ANN.replace("123456789012", FOREIGN)
    if decides:
        check_caller(caller, FOREIGN, "123456789012", ("arn:aws:sts::*:assumed-role/ml-reviewer/*", pattern))
        return
    with pytest.raises(Refused, match="is of another account; name it with its account"):
        check_caller(caller, FOREIGN, "123456789012", (pattern,))


def test_the_description_says_who_and_why_within_sagemakers_limit():
    assert Record("", ARN, "approve", "good", ANN, "").words == f"approved by {ANN}: good"
    assert len(Record("", ARN, "reject", "x", "a" * 2000, "").words) == 1024
