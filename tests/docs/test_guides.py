"""The commands of README and guides, run as printed."""

import json
from pathlib import Path

import pytest

from cli.demo import loans
from tests.docs.commands.blocks import GUIDES, ROOT, blocks, to_run
from tests.docs.commands.shell import Shell
from tests.docs.commands.story import NAMES, serving
from tests.lifecycle.support import World

RUN = {"README.md", "operating.md", "releases.md", "gates.md", "monitoring.md", "deploy.md"}
pytestmark = pytest.mark.slow


@pytest.fixture
def shell(world: World, tmp_path: Path) -> Shell:
    """The administrator's."""
    return Shell(tmp_path, world.aws.environment())


def typed(shell: Shell, page: str) -> list[str]:
    """What each block of a page prints."""
    with shell:
        return [shell.run(to_run(block)) for block in blocks(GUIDES[page]) if to_run(block)]


def test_readme_runs_the_loop_on_a_table_of_ones_own(tmp_path: Path) -> None:
    """The clone's environment, a table of one's own in the current folder, and a contract.toml that must not be overwritten."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "contract.toml").write_text("kept")
    rows = loans.generate(1500, 5).rows.rename(columns={"defaulted": "my_column"})
    rows.to_csv(tmp_path / "my.csv", index=False)
    printed = typed(Shell(tmp_path, {}), "README.md")
    assert "InService" in (tmp_path / "report.html").read_text()
    assert 'target = "my_column"' in (tmp_path / "my.toml").read_text()
    assert (tmp_path / "contract.toml").read_text() == "kept" and len(printed) == 2


def test_operating_rolls_back_in_one_command(world: World, shell: Shell) -> None:
    before = serving(world)
    looked, _ = typed(shell, "operating.md")
    assert f"{NAMES.alarm('drift-data')}\t" in looked and "docs/runbooks/drift-data.md" in looked
    assert f"version {before}    serves  good" in looked and "InService" in looked
    assert serving(world) == 1 != before


def test_releases_returns_to_the_version_before_and_to_a_named_one(world: World, shell: Shell) -> None:
    from tests.docs.commands.story import newer

    newer(world)
    newer(world)
    back, _, swept = typed(shell, "releases.md")
    assert swept.split("\n")[:2] == ["nothing to remove", "nothing to remove"]  # it is all young
    assert [line.rsplit("/", 1)[-1] for line in back.splitlines() if line.startswith("release ")][1] == "1"
    assert serving(world) == 1
    policy = world.aws.client("cloudformation").get_stack_policy(StackName=NAMES.serving_stack)["StackPolicyBody"]
    assert [s["Effect"] for s in json.loads(policy)["Statement"]] == ["Allow"]


def test_gates_records_both_decisions(world: World, shell: Shell) -> None:
    printed = "".join(typed(shell, "gates.md"))
    assert "version 1 is Approved, recorded for arn:aws:iam::123456789012:user/local-admin" in printed
    assert "version 2 is Rejected" in printed
    decisions = world.aws.client("dynamodb").scan(TableName=NAMES.decisions_table)["Items"]
    assert {"numbers look right", "drop of last week is broken"} <= {d["reason"]["S"] for d in decisions}
    world.aws.settle()


def test_monitoring_answers_a_batch_and_puts_labels_where_monitors_look(world: World, shell: Shell) -> None:
    (shell.folder / "applications.csv").write_text("".join(loans.csv_chunks(loans.generate(50, 7))))
    (shell.folder / "labels.csv").write_text("inference_id,label\na,1\nb,0\n")
    before = set(world.keys("data", "ground-truth/"))
    assert "2 labels to s3://" in "".join(typed(shell, "monitoring.md"))
    assert len((shell.folder / "predictions.csv").read_text().splitlines()) == 51
    (key,) = set(world.keys("data", "ground-truth/")) - before
    assert world.body("data", key).count(b'"eventId":') == 2


def test_deploy_watches_the_first_drop(world: World, shell: Shell) -> None:
    printed = "".join(typed(shell, "deploy.md"))
    assert "Succeeded" in printed and "SUCCEEDED" in printed and "first" in printed
