"""``loop demo``: the whole life of a model on the local AWS, followed live."""

import time
from pathlib import Path
from typing import Any

from cli.collect import collect
from cli.demo import predict, release, setup
from cli.demo.narrate import Narrator
from cli.demo.session import Session
from cli.progress import Progress
from cli.simulate.live import live
from cli.simulate.run import settings_of
from cli.simulate.scenario import Scenario
from interfaces.contract import Contract
from interfaces.reports import KIND, METRICS


class Demo:
    """One run. ``table`` is landed as it is; the local AWS lives as long as the run.

    With a ``scenario`` it goes on after the first release: through days of traffic, a drift, an alarm and a retraining to
    the second release. That takes rows with a known truth, which only the generated table has.
    """

    def __init__(
        self,
        table: setup.Table,
        progress: Progress,
        work: Path,
        threshold: float | None,
        scenario: Scenario | None = None,
        hosting: str = "real-time",
    ) -> None:
        self._table, self._progress, self._work, self._scenario = table, progress, work, scenario
        settings = (settings_of(scenario) if scenario else setup.ALONE) + setup.HOSTING[hosting]
        self._environment, self._names = setup.write_environment(work, table.contract, threshold, settings)

    def run(self) -> dict[str, Any]:
        """Run the loop; what `collect` found, with the summary. Raises RunFailed or CliError."""
        started = time.monotonic()
        with Session(self._environment, self._names, self._progress, self._work) as session:
            narrator = Narrator(self._progress, self._names)
            session.listen(narrator)
            release.land(session, "demo", self._table.files)
            first = release.follow(session, narrator)
            predictions = predict.predict(session, self._table.contract, first.execution)
            captured = predict.captured(session, predict.REQUESTS)
            self._progress.note("capture", f"{captured} requests captured in the data bucket")
            narrator.quiet = True
            life = live(session, self._scenario, self._table.contract, self._progress, until_second=True) if self._scenario else None
            found = collect(session.client, self._names, first.execution)
            second = _second(session, self._names.model_package_group) if life else {}
        found["summary"] = {
            "dataset_version": first.version,
            "rows": found["manifest"]["rows"],
            "quarantined": found["manifest"]["quarantined"],
            "pipeline_execution_arn": first.execution,
            "pipeline_status": found["execution"]["status"],
            "model_package_arn": first.package,
            "approval_status": found["package"]["approval"],
            "endpoint_status": found["endpoint"]["status"],
            "endpoint_config_name": found["endpoint"]["config"],
            "predictions": predictions,
            "captured_records": captured,
            "metrics": _headline(found["evaluation"], self._table.contract),
            **(life.summary(_changed(self._scenario)) if life else {}),
            **second,
            "duration_s": round(time.monotonic() - started, 2),
        }
        return {**found, **life.found()} if life else found


def _changed(scenario: Scenario | None) -> int | None:
    return min((c.from_day for c in scenario.change), default=None) if scenario else None


def _second(session: Session, group: str) -> dict[str, Any]:
    """The newest package of a retraining, and why it was made."""
    sagemaker = session.client("sagemaker")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending")
    for summary in listed["ModelPackageSummaryList"]:
        package = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
        reason = package.get("CustomerMetadataProperties", {}).get("retrain_reason")
        if reason:
            return {"second_model_package_arn": package["ModelPackageArn"], "retrain_reason": reason}
    return {"second_model_package_arn": None, "retrain_reason": None}


def _headline(evaluation: dict[str, Any], contract: Contract) -> dict[str, float]:
    block = evaluation[f"{KIND[contract.problem_type]}_metrics"]
    return {name: block[name]["value"] for name in METRICS[contract.problem_type] if name in block}
