"""The environment loans-dev of the pages: deployed, released twice, watched for two windows in which much goes wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.demo import loans
from cli.labels import put
from interfaces import layout
from interfaces.names import Names
from local_aws.aws import LocalAws
from tests.docs.commands.blocks import DOCS
from tests.docs.commands.shell import Shell
from tests.lifecycle.support import World, build_assembly, loan_rows
from tests.lifecycle.traffic import HOUR, ask, to_half_past

NAMES = Names("loans", "dev")
OPERATOR = f"{NAMES.prefix}-operator"
PER_WINDOW = 200
ENVIRONMENT = """
project = "loans"
environment = "dev"
contract = "contract.toml"

[pipeline]
threshold = 0.6
max_iter = 20

[monitoring]
explainability = true

[retrain]
daily_cap = 9

[operations]
retain_data = false
"""


@contextmanager
def told(folder: Path) -> Iterator[World]:
    """The environment. Nothing may go on when it ends."""
    assembly = build_assembly(folder, ENVIRONMENT)
    (analyzer,) = assembly.glob("asset.*.pyz")
    with LocalAws(analyzer=analyzer) as aws:
        world = World(aws, assembly, NAMES)
        world.land("first", ("a.csv", loan_rows(1500)))
        first = world.until(lambda: next((p for p in world.packages() if p["ModelApprovalStatus"] == "Approved"), None))
        world.until(lambda: world.serves(first["ModelPackageArn"]))
        newer(world)
        to_half_past(world)
        for seed in (21, 22):
            _window(world, seed)
        yield world
        aws.settle()


def _window(world: World, seed: int) -> None:
    """Drifted incomes, no credit scores, and outcomes that are the opposite of the truth."""
    ids = ask(world, seed=seed, shift=2.0, size=1, count=PER_WINDOW, change=lambda row: row.update(credit_score=None))
    truth = loans.generate(PER_WINDOW, seed, shift=2.0).rows["defaulted"].astype(str)
    labels = [(id, "1" if label == "0" else "0") for id, label in zip(ids, truth, strict=True)]
    put(world.aws.client("s3"), world.buckets["data"], labels, world.aws.clock.now())
    world.aws.advance(HOUR)


def operator(world: World, folder: Path) -> Shell:
    """A shell of somebody who may do what docs/operating.md prints, and whose profile is that of docs/local-server.md."""
    iam = world.aws.client("iam")
    if OPERATOR not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        iam.create_role(RoleName=OPERATOR, AssumeRolePolicyDocument="{}")
        policy = titled("operating.md", "operator")
        json.loads(policy)
        iam.put_role_policy(RoleName=OPERATOR, PolicyName="operator", PolicyDocument=policy)
    role = f"arn:aws:iam::123456789012:role/{OPERATOR}"
    given = world.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="on-call")["Credentials"]
    keys = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey", "AWS_SESSION_TOKEN": "SessionToken"}
    access = world.aws.environment() | {name: given[key] for name, key in keys.items()}
    return Shell(folder, access, titled("local-server.md", "profile"))


def titled(page: str, title: str) -> str:
    """A block that is no page's command: a policy, a function of a profile."""
    return (DOCS / page).read_text().partition(f" title={title}\n")[2].partition("```")[0]


def serving(world: World) -> int:
    """The version that stack and endpoint agree on."""
    package = world.stack(NAMES.serving_stack)["ModelPackageArn"]
    world.until(lambda: world.serves(package))
    return int(package.rsplit("/", 1)[-1])


def newer(world: World, **changes: Any) -> int:
    """Another good version, released over what serves; its number."""
    package = world.copy_package(world.packages()[0]["ModelPackageArn"], **changes)
    world.until(lambda: world.serves(package))
    world.aws.settle()
    return int(package.rsplit("/", 1)[-1])


def artefact(world: World, name: str, content: bytes | None = None) -> dict[str, Any]:
    """The inference specification of version 1 with a copy of its artefact, or with other content."""
    specification = json.loads(json.dumps(world.packages()[0]["InferenceSpecification"]))
    container = specification["Containers"][0]
    bucket, key = layout.split_uri(container["ModelDataUrl"])
    body = world.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() if content is None else content
    container["ModelDataUrl"] = f"s3://{bucket}/{layout.RUNS}/{name}/model.tar.gz"
    world.aws.client("s3").put_object(Bucket=bucket, Key=f"{layout.RUNS}/{name}/model.tar.gz", Body=body)
    return dict(specification)


def raise_alarm(world: World, name: str) -> None:
    """Put an alarm into ALARM, as its metric would."""
    world.aws.client("cloudwatch").set_alarm_state(AlarmName=NAMES.alarm(name), StateValue="ALARM", StateReason="much of it")
    world.aws.settle()
