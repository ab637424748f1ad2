"""The workflows do nothing that `make` does not, take no action that could change under them, and know our environments."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
# GitHub environments in which nothing is deployed
ONLY_COMPARED = {"diff"}


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path.name, name, job) for path in WORKFLOWS for name, job in yaml.safe_load(path.read_text())["jobs"].items()]


def steps() -> list[dict[str, Any]]:
    return [step for _, _, job in jobs() for step in job["steps"]]


def test_every_action_is_pinned_by_a_full_sha_with_its_version() -> None:
    uses = [line.split("uses:")[1].strip() for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses)


def test_every_command_is_a_make_target() -> None:
    """But for the comment itself, which is GitHub's own business and runs none of the change's code."""
    for step in (s for s in steps() if "run" in s and s["name"] != "Comment"):
        first = step["run"].split("\n")[0].split()
        assert first[0] == ".ci/run" or (first[0] == "make" and next(w for w in first[1:] if not w.startswith("-")) in TARGETS), step["run"]


def test_every_environment_has_a_file() -> None:
    named = {job["environment"] for _, _, job in jobs() if "environment" in job}
    files = {path.stem for path in (ROOT / "infra" / "environments").glob("*.toml")}
    assert named <= files | ONLY_COMPARED
    assert {"dev", "staging", "prod", "sandbox", "diff"} <= named


def test_no_permission_is_given_to_a_whole_workflow_and_none_to_write_beside_the_comment() -> None:
    assert all(yaml.safe_load(path.read_text())["permissions"] == {} for path in WORKFLOWS)
    for file, name, job in jobs():
        writes = {what for what, how in job["permissions"].items() if how == "write"}
        assert writes <= ({"pull-requests"} if (file, name) == ("pull-request.yml", "comment") else {"id-token"})


def test_the_job_that_may_write_runs_none_of_the_changes_code() -> None:
    (job,) = [job for file, name, job in jobs() if (file, name) == ("pull-request.yml", "comment")]
    assert not [step for step in job["steps"] if "uses" in step or "make" in step["run"]]


def test_staging_waits_for_dev_and_prod_for_staging() -> None:
    main = {name: job for file, name, job in jobs() if file == "main.yml"}
    assert [main[name].get("needs") for name in ("dev", "staging", "prod")] == ["test", "dev", "staging"]
    for name in ("dev", "staging", "prod"):
        commands = [step["run"] for step in main[name]["steps"] if "run" in step]
        assert commands == ["make install", "make deploy", "make integration"]
        assert main[name]["env"]["ENVIRONMENT"] == main[name]["environment"] == name


def test_hooks_call_the_same_recipes() -> None:
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    assert all(hook["entry"].split()[0] == "make" and hook["entry"].split()[1] in TARGETS for hook in repo["hooks"])


def _report(folder: Path, cdk: str, pipeline: str = "after\n", template: str = "same\n") -> subprocess.CompletedProcess[str]:
    """`.ci/diff-report` in a repository of two commits, with a stand-in for the CDK CLI."""
    git = lambda *words: subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)  # noqa: E731
    golden = folder / "tests" / "golden"
    golden.mkdir(parents=True)
    (golden / "pipeline.json").write_text("before\n")
    (golden / "Platform.json").write_text("same\n")
    git("init", "-q")
    git("config", "user.email", "a@example.com")
    git("config", "user.name", "a")
    git("add", ".")
    git("commit", "-qm", "base")
    (golden / "pipeline.json").write_text(pipeline)
    (golden / "Platform.json").write_text(template)
    environment = {"PATH": "/usr/bin:/bin", "CDK": cdk}
    return subprocess.run(
        [str(ROOT / ".ci" / "diff-report"), "dev", "HEAD"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_report_holds_what_cdk_says_and_how_the_pipeline_differs(tmp_path: Path) -> None:
    report = _report(tmp_path, "echo changes:").stdout
    assert "### cdk diff of dev\n\n```diff\nchanges: diff --all --ci --no-color --method template -c environment=dev\n```" in report
    assert "-before\n+after" in report
    assert "### Templates of dev\n\nNo difference." in report


def test_a_long_difference_takes_what_the_others_leave_and_says_where_it_is_cut(tmp_path: Path) -> None:
    report = _report(tmp_path, "printf %090000d 7 #").stdout
    assert 60_000 < len(report) < 65_536
    (cut,) = re.findall(r"cut after (\d+) of 90000 characters", report)
    assert int(cut) > 60_000


def test_a_comment_holds_three_long_differences(tmp_path: Path) -> None:
    line = "some line of a template\n"
    report = _report(tmp_path, "printf %030000d 7 #", line * 2_000, line * 3_000).stdout
    assert 60_000 < len(report) < 65_536
    assert len(re.findall(r"cut after 21333 of \d+ characters", report)) == 3
    short = _report(tmp_path / "short", "printf %020000d 7 #", line * 800, line * 900).stdout
    assert "cut after" not in short


def test_a_comparison_that_fails_fails_the_job(tmp_path: Path) -> None:
    done = _report(tmp_path, "echo no credentials; false #")
    assert done.returncode == 1 and "no credentials" in done.stderr and not done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_workflows_say_what_they_are_for(path: Path) -> None:
    assert path.read_text().startswith("# ")
