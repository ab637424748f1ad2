"""Selective executions: which steps run, and what is taken from an earlier execution."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from local_aws.errors import validation
from local_aws.sagemaker.pipelines.definition import Definition
from local_aws.sagemaker.pipelines.step_run import StepRun


class Source(Protocol):
    """An execution that steps are taken from."""

    arn: str
    runs: dict[str, StepRun]


@dataclass(frozen=True)
class Selection:
    """The steps to run, and the execution that the steps before them are taken from, where there are any."""

    steps: frozenset[str]
    source: Source | None

    def reused(self, definition: Definition) -> dict[str, StepRun]:
        """What the selected steps build on, as it ended in the source. Raises AwsError."""
        found = {}
        for name in before(definition, self.steps):
            run = self.source.runs.get(name) if self.source else None
            if self.source is None or run is None or run.status != "Succeeded":
                where = self.source.arn if self.source else "no execution"
                raise validation(f"Step '{name}' is not selected, and it did not succeed in {where}: it cannot be reused")
            found[name] = replace(run, reused=self.source.arn)
        return found

    def described(self) -> dict[str, Any]:
        source = {"SourcePipelineExecutionArn": self.source.arn} if self.source else {}
        return {**source, "SelectedSteps": [{"StepName": name} for name in sorted(self.steps)]}


def before(definition: Definition, steps: frozenset[str]) -> set[str]:
    """Every step that these depend on and that is not one of them."""
    found: set[str] = set()
    left = [name for step in steps for name in definition.steps[step].after]
    while left:
        name = left.pop()
        if name not in found and name not in steps:
            found.add(name)
            left += definition.steps[name].after
    return found
