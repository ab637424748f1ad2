"""Only the decide function writes records, and only where records are asked for does a release need one."""

import json
from typing import Any


def test_the_tables_own_policy_keeps_everyone_else_from_writing(dev: Any) -> None:
    table = next(p for p in dev.properties("AWS::DynamoDB::Table") if p["TableName"] == dev.names.decisions_table)
    statement = table["ResourcePolicy"]["PolicyDocument"]["Statement"]
    (only,) = statement if isinstance(statement, list) else [statement]
    assert (only["Effect"], only["Principal"]) == ("Deny", "*")
    assert {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:PartiQLInsert"} <= set(only["Action"])
    assert f"role/{dev.names.role('decide')}" in json.dumps(only["Condition"]["ArnNotEquals"])


def test_the_decide_function_adds_records_and_cannot_change_them(dev: Any) -> None:
    role = next(p for p in dev.properties("AWS::IAM::Role") if p["RoleName"] == dev.names.role("decide"))
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert [s["Action"] for s in statements if "dynamodb" in json.dumps(s["Action"])] == [["dynamodb:PutItem", "dynamodb:GetItem"]]


def test_prod_releases_only_what_is_recorded(dev: Any, prod: Any) -> None:
    for cloud, expected in ((dev, "any"), (prod, "recorded")):
        function = next(p for p in cloud.properties("AWS::Lambda::Function") if p["FunctionName"] == cloud.names.function("release"))
        assert function["Environment"]["Variables"]["DECISIONS"] == expected
        role = next(p for p in cloud.properties("AWS::IAM::Role") if p["RoleName"] == cloud.names.role("release"))
        assert ("dynamodb:Query" in json.dumps(role)) is (expected == "recorded")
