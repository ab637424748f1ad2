"""The form of a body is seen from its name or its content, and refusals are read to people."""

import pytest

from cli.errors import CliError
from cli.invoke import content_type_of, invoke, refusal

FORMS = [
    (b"1,2", "rows.csv", "text/csv"),
    (b"1,2", "-", "text/csv"),
    (b' [{"a": 1}]\n', "-", "application/json"),
    (b'{"a": 1}\n{"a": 2}\n', "-", "application/jsonlines"),
    (b"[1, 2]\n[3, 4]\n", "-", "application/jsonlines"),
    (b'{"a": 1}', "rows.JSONL", "application/jsonlines"),
    (b'{"a": 1}', "rows.ndjson", "application/jsonlines"),
    (b"a,b\n1,2", "rows.txt", "text/csv"),
]


@pytest.mark.parametrize(("body", "name", "expected"), FORMS)
def test_the_form_is_seen(body, name, expected):
    assert content_type_of(body, name) == expected


def test_a_body_over_the_limit_is_not_sent():
    with pytest.raises(CliError, match="6,291,457 bytes; an endpoint takes at most 6,291,456"):
        invoke(None, "loans-dev-endpoint", b"x" * 6291457, "text/csv", "text/csv")


def test_a_fault_of_the_model_is_told_apart_from_a_refusal():
    response = {"OriginalStatusCode": 500, "OriginalMessage": "<html>broken</html>", "Error": {"Message": "m"}}
    assert refusal(response) == "the model failed (500): <html>broken</html>"
