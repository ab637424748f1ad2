"""The description says what the endpoint really takes and answers: held against its own reader and writer."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "pipeline_steps" / "serving"))

import payload

from cli.openapi import describe, example
from interfaces.contract import parse
from model_code.predict import predict

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["visits", "loans"])
def described(request, contract):
    given = contract if request.param == "visits" else parse((ROOT / "contract.toml").read_text())
    return given, describe(given, "shop-dev-endpoint")


def validator(document, schema):
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def request_schema(document):
    operation = document["paths"]["/endpoints/shop-dev-endpoint/invocations"]["post"]
    return operation["requestBody"]["content"]


def test_every_reference_leads_somewhere(described):
    _, document = described
    names = {r.rsplit("/", 1)[-1] for r in json.dumps(document).split('"') if r.startswith("#/components/schemas/")}
    assert names == set(document["components"]["schemas"])


def test_the_examples_are_accepted_by_description_and_endpoint(described):
    contract, document = described
    content = request_schema(document)
    assert validator(document, content["application/json"]["schema"]).is_valid(content["application/json"]["example"])
    for kind, body in (
        ("application/json", json.dumps(content["application/json"]["example"])),
        ("text/csv", content["text/csv"]["example"]),
        ("application/jsonlines", json.dumps(example(contract))),
    ):
        assert isinstance(payload.read(body, kind, contract), payload.Rows), kind


CHANGES = {
    "a gap": (lambda row: {**row, "age": None}, True),
    "an unknown category": (lambda row: {**row, "gender": "unseen"}, True),
    "another column of the contract": (lambda row: {**row, "bought": 1}, True),
    "a list of values": (lambda row: list(row.values()), True),
    "below a bound": (lambda row: {**row, "age": -1}, False),
    "above a bound": (lambda row: {**row, "age": 121}, False),
    "a missing column": (lambda row: {k: v for k, v in row.items() if k != "price"}, False),
    "an unknown column": (lambda row: {**row, "colour": "red"}, False),
    "a list that is too short": (lambda row: list(row.values())[1:], False),
}


@pytest.mark.parametrize(("change", "accepted"), CHANGES.values(), ids=CHANGES.keys())
def test_description_and_endpoint_agree(contract, change, accepted):
    document = describe(contract, "shop-dev-endpoint")
    rows = [change(example(contract))]
    schema = request_schema(document)["application/json"]["schema"]
    assert validator(document, schema).is_valid(rows) is accepted
    assert isinstance(payload.read(json.dumps(rows), "application/json", contract), payload.Rows) is accepted


def test_answers_are_as_described(contract, bundle, rows):
    document = describe(contract, "shop-dev-endpoint")
    responses = document["paths"]["/endpoints/shop-dev-endpoint/invocations"]["post"]["responses"]
    written = payload.write(payload.Answer(predict(bundle, rows.head(3)), contract), "application/json")
    answer = json.loads(written.body)
    assert validator(document, responses["200"]["content"]["application/json"]["schema"]).is_valid(answer)
    assert set(answer["predictions"][0]) == set(document["components"]["schemas"]["Prediction"]["properties"])
    refused = json.loads(payload.write(payload.read("x", "text/plain", contract), "").body)
    assert validator(document, document["components"]["schemas"]["Refusal"]).is_valid(refused)


def test_a_regression_answers_values(contract):
    regression = replace(contract, problem_type="regression", target="price", positive_label=None)
    assert list(describe(regression, "e")["components"]["schemas"]["Prediction"]["properties"]) == ["value"]


def test_the_command_prints_the_document_of_a_contract_file(tmp_path):
    from tests.cli.test_main import loop

    done = loop("describe-endpoint", "--environment", "loans-dev", "--contract", str(ROOT / "contract.toml"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == describe(parse((ROOT / "contract.toml").read_text()), "loans-dev-endpoint")
    missing = loop("describe-endpoint", "--environment", "loans-dev", "--contract", "none.toml", cwd=tmp_path)
    assert missing.returncode == 2 and "none.toml" in missing.stderr
