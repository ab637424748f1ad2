"""``loop simulate``: a first release, and then the days of a scenario."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli.collect import collect
from cli.demo import release, setup
from cli.demo.narrate import Narrator
from cli.demo.session import Session
from cli.progress import Progress
from cli.simulate.live import live
from cli.simulate.scenario import Scenario


def simulate(scenario: Scenario, progress: Progress, work: Path, threshold: float | None = None) -> dict[str, Any]:
    """Run a scenario; what `collect` found, with days and summary. Raises RunFailed or CliError."""
    started = time.monotonic()
    table = setup.own_table(work, scenario.training_rows, scenario.seed, datetime.now(UTC) - timedelta(days=180))
    environment, names = setup.write_environment(work, table.contract, threshold, settings_of(scenario))
    with Session(environment, names, progress, work) as session:
        narrator = Narrator(progress, names)
        session.listen(narrator)
        release.land(session, "training", table.files)
        release.follow(session, narrator)
        narrator.quiet = True
        life = live(session, scenario, table.contract, progress, until_second=False)
        found = collect(session.client, names)
    changed = min((c.from_day for c in scenario.change), default=None)
    summary = {"scenario": scenario.name, "days": len(life.days), **life.summary(changed)}
    return {**found, **life.found(), "summary": {**summary, "duration_s": round(time.monotonic() - started, 2)}}


def settings_of(scenario: Scenario) -> str:
    """The environment's settings for days of traffic with labels that come late."""
    return setup.DAYS.format(delay=24 * scenario.label_delay_days)
