"""``loop demo``: the whole life of a model on the local AWS, followed live."""

import time
from pathlib import Path
from typing import Any

from cli.collect import collect
from cli.demo import predict, release, setup
from cli.demo.narrate import Narrator
from cli.demo.session import Session
from cli.progress import Progress
from interfaces.contract import Contract
from interfaces.reports import KIND, METRICS


class Demo:
    """One run. ``table`` is landed as it is; the local AWS lives as long as the run."""

    def __init__(self, table: setup.Table, progress: Progress, work: Path, threshold: float | None) -> None:
        self._table, self._progress, self._work = table, progress, work
        self._environment, self._names = setup.write_environment(work, table.contract, threshold)

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
            found = collect(session.client, self._names, first.execution)
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
            "duration_s": round(time.monotonic() - started, 2),
        }
        return found


def _headline(evaluation: dict[str, Any], contract: Contract) -> dict[str, float]:
    block = evaluation[f"{KIND[contract.problem_type]}_metrics"]
    return {name: block[name]["value"] for name in METRICS[contract.problem_type] if name in block}
