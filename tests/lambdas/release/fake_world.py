"""CloudFormation and SageMaker in memory, as the local AWS behaves, with every outcome of an update at the test's choice.

tests/lifecycle/test_release_safety.py shows the same outcomes on the local AWS itself.
"""

from dataclasses import dataclass, field, replace

from lambdas.release.approval import Seen
from lambdas.release.decision import Monitored, Serving, SmokeTest, UpdateMonitoring, UpdateServing
from lambdas.release.monitors import Failure
from lambdas.release.package import Package


class Throttled(Exception):
    """The call was refused before it did anything."""


@dataclass
class FakeWorld:
    """``before`` is what the stack held before the update that is under way; ``good`` says how a package answers golden rows."""

    stack: Serving = field(default_factory=lambda: Serving("CREATE_COMPLETE", "", 0))
    before: Serving | None = None
    registry: dict[str, Package] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    monitored_package: str = ""
    engine: str = ""
    tokens: set[str] = field(default_factory=set)
    configs: dict[str, str] = field(default_factory=dict)  # the package that each config was made for
    throttle: int = 0
    clock: int = 0

    # what the core calls

    def serving(self) -> Serving:
        self._call()
        return self.stack

    def monitored(self) -> Monitored:
        return Monitored("UPDATE_COMPLETE", self.monitored_package, self.engine)

    def cause(self, status_reason: str) -> str:
        return status_reason

    def update_serving(self, step: UpdateServing) -> bool:
        self._call()
        if step.token in self.tokens:
            return True
        assert self.before is None and self.stack.stack_status.endswith("_COMPLETE"), "an update over another one"
        self.tokens.add(step.token)
        self.before = self.stack
        self.stack = replace(self.stack, stack_status="UPDATE_IN_PROGRESS", package=step.package, generation=step.generation)
        self.configs[f"config-{step.generation}"] = step.package
        return True

    def update_monitoring(self, step: UpdateMonitoring, generation: int, engine: str) -> bool:
        self._call()
        self.monitored_package, self.engine = step.package, engine
        return True

    def monitoring_failure(self) -> Failure | None:
        return None

    def smoke_test(self, step: SmokeTest) -> str | None:
        self._call()
        assert self.configs[self.stack.endpoint_config] == step.package, "another version was tested"
        return "wrong" if step.package in self.bad else ""

    def packages(self) -> list[Package]:
        self._call()
        return sorted((p for p in self.registry.values() if p.approval.status == "Approved"), key=lambda p: p.modified)

    def find(self, arn: str) -> Package | None:
        self._call()
        return self.registry.get(arn)

    # what the test does

    @property
    def live(self) -> str:
        """The package that the endpoint runs."""
        return self.configs.get(self.stack.endpoint_config, "")

    def set_approval(self, arn: str, status: str, words: str, decided: str = "") -> None:
        self.registry[arn] = Package(arn, Seen(status, words, decided), self.now())

    def now(self) -> str:
        self.clock += 1
        return f"{self.clock:012d}"

    def finish(self) -> None:
        """The update succeeds."""
        config = f"config-{self.stack.generation}"
        self.stack = replace(
            self.stack, stack_status="UPDATE_COMPLETE", endpoint_status="InService", endpoint_config=config, wanted_config=config
        )
        self.before = None

    def fail(self) -> None:
        """The update goes back, and the stack says so."""
        assert self.before is not None
        self.stack = replace(self.before, stack_status="UPDATE_ROLLBACK_COMPLETE", reason="it did not start")
        self.before = None

    def go_back_unseen(self) -> None:
        """The endpoint goes back, and the stack believes that it was updated."""
        assert self.before is not None and self.before.endpoint_config
        self.stack = replace(
            self.before,
            stack_status="UPDATE_COMPLETE",
            package=self.stack.package,
            generation=self.stack.generation,
            wanted_config=f"config-{self.stack.generation}",
        )
        self.before = None

    def stick(self) -> None:
        """The update fails, and its rollback as well."""
        self.stack = replace(self.stack, stack_status="UPDATE_ROLLBACK_FAILED", reason="the rollback failed")

    def _call(self) -> None:
        if self.throttle:
            self.throttle -= 1
            raise Throttled
