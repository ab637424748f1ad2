"""DeletionPolicy when the operation that made a resource fails."""

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.stacks import BROKEN, create, happened, parameter, settled, template, update, value

KEPT = parameter("/kept/retain", DeletionPolicy="Retain")
ONCE = parameter("/kept/except", DeletionPolicy="RetainExceptOnCreate")


@pytest.mark.parametrize(("flag", "kept"), [(False, "v"), (True, None)])
def test_a_creation_that_fails_keeps_what_is_retained_unless_it_is_told_otherwise(aws: LocalAws, flag: bool, kept: str | None) -> None:
    resources = {"R": KEPT, "E": ONCE, "X": {**BROKEN, "DependsOn": ["R", "E"]}}
    assert create(aws, f"keeps-{flag}", resources, RetainExceptOnCreate=flag) == "ROLLBACK_COMPLETE"
    assert (value(aws, "/kept/retain"), value(aws, "/kept/except")) == (kept, None)
    assert (("R", "DELETE_SKIPPED") in happened(aws, f"keeps-{flag}")) is not flag
    aws.client("ssm").delete_parameters(Names=["/kept/retain"])


@pytest.mark.parametrize("through", ["update", "change set"])
@pytest.mark.parametrize(("flag", "kept"), [(False, "v"), (True, None)])
def test_so_does_an_update(aws: LocalAws, through: str, flag: bool, kept: str | None) -> None:
    name, cfn = f"{through.replace(' ', '')}-{flag}", aws.client("cloudformation")
    create(aws, name, {"P": parameter(f"/p/{name}")})
    resources = {"P": parameter(f"/p/{name}"), "R": KEPT, "E": ONCE, "X": {**BROKEN, "DependsOn": ["R", "E"]}}
    if through == "update":
        update(aws, name, resources, RetainExceptOnCreate=flag)
    else:
        cfn.create_change_set(StackName=name, ChangeSetName="c", TemplateBody=template(resources))
        cfn.execute_change_set(StackName=name, ChangeSetName="c", RetainExceptOnCreate=flag)
    assert settled(aws, name) == "UPDATE_ROLLBACK_COMPLETE"
    assert (value(aws, "/kept/retain"), value(aws, "/kept/except")) == (kept, None)
    aws.client("ssm").delete_parameters(Names=["/kept/retain"])
