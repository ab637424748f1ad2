"""Every runbook, typed as printed by an operator into the situation that it is about, ends as it promises."""

import re
from pathlib import Path

import pytest

from tests.docs.commands.blocks import RUNBOOKS, blocks
from tests.docs.commands.story import OPERATOR, operator
from tests.docs.situations import endpoint, lifecycle, monitors, release
from tests.docs.situations.kind import Make
from tests.lifecycle.policy_check import unused, violations
from tests.lifecycle.support import World

SITUATIONS: dict[str, Make] = {
    "bias": monitors.bias,
    "data-broken": monitors.data_broken,
    "dead-letters": lifecycle.dead_letters,
    "drift-attribution": monitors.attribution,
    "drift-data": monitors.drift,
    "endpoint-4xx": endpoint.errors_4xx,
    "endpoint-5xx": endpoint.errors_5xx,
    "endpoint-changed": endpoint.changed,
    "endpoint-down": endpoint.down,
    "endpoint-unhealthy": endpoint.unhealthy,
    "function-errors": lifecycle.function_errors,
    "function-throttles": lifecycle.throttles,
    "functions-unhealthy": lifecycle.functions,
    "ingest-failed": lifecycle.ingest_failed,
    "ingest-rejected": lifecycle.ingest_rejected,
    "latency": endpoint.slow,
    "model-waits": release.waits,
    "monitor-baseline-mismatch": monitors.mismatch,
    "monitor-corrupt-data": monitors.corrupt,
    "monitor-failed": monitors.failed,
    "monitor-stale": monitors.stale,
    "monitor-without-baseline": monitors.without_baseline,
    "monitor-without-data": monitors.without_data,
    "monitoring-behind": release.behind,
    "monitoring-unhealthy": monitors.unhealthy,
    "no-traffic": endpoint.quiet,
    "pipeline-failed": lifecycle.pipeline_failed,
    "quality": monitors.quality,
    "release-failed": release.failed,
    "release-guardrail": release.guardrail,
    "release-held": release.held,
    "retraining": lifecycle.retraining,
    "stack-stuck": release.stuck,
}
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda p: p.stem)
def test_a_runbook_ends_as_it_promises(world: World, tmp_path: Path, page: Path) -> None:
    situation = SITUATIONS[page.stem](world, tmp_path)
    given = next(situation) or {}
    with operator(world, tmp_path) as shell:
        printed = [shell.run(filled_in(block, given)) for block in blocks(page)]
    print(*printed, sep="\n--- block ---\n")  # shown where the end is another one
    with pytest.raises(StopIteration):
        situation.send(printed)


def filled_in(block: str, given: dict[str, str]) -> str:
    """The block with the values that the notification has, in the place of the example's."""
    for name, value in given.items():
        block = re.sub(rf"^{name}=.*$", f"{name}={value}", block, flags=re.MULTILINE)
    return block


def test_the_operator_needs_no_more_and_no_less_than_the_printed_policy(world: World) -> None:
    assert [v for v in violations(world.aws) if v.startswith(OPERATOR)] == []
    asked_for_by_s3 = {"kms:Decrypt", "kms:GenerateDataKey"}  # in the caller's name, which the journal does not see
    assert {action for action in unused(world.aws, OPERATOR) if "*" not in action} == asked_for_by_s3
