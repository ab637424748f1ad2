"""What an analysis hands back: the report and the files to write."""

from dataclasses import dataclass, field
from typing import Any

from interfaces import reports
from interfaces.analyzer import AnalyzerSettings
from interfaces.reports import MonitorReport, RowCounts
from model_code.monitoring.records import BAD_INPUT, Tally


@dataclass
class Result:
    """``genuine`` files are written in the service's own notation, ``plain`` ones as strict JSON; ``metrics`` are CloudWatch's."""

    report: MonitorReport
    genuine: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)


def report(given: AnalyzerSettings, tally: Tally, state: str, reason: str, **more: Any) -> MonitorReport:
    """A report with what every analysis says."""
    return MonitorReport(
        analysis_type=given.analysis_type,
        state=state,
        reason=reason,
        window={"start": given.start_time, "end": given.end_time},
        endpoint=given.sagemaker_endpoint_name,
        schedule=given.sagemaker_monitoring_schedule_name,
        rows=RowCounts(tally.records, tally.rows, tally.outside, dict(sorted(tally.faults.items()))),
        **more,
    )


def unfit(given: AnalyzerSettings, tally: Tally) -> tuple[str, str] | None:
    """State and reason of a window that has too little to look at, or None."""
    if tally.rows >= max(1, given.minimum_rows):
        return None
    if tally.rows:
        return reports.TOO_FEW_ROWS, f"{tally.rows} rows in the window; at least {given.minimum_rows} are asked for"
    if tally.faults:
        faults = ", ".join(f"{count} {what}" for what, count in sorted(tally.faults.items()))
        return reports.CORRUPT_DATA, f"none of {tally.records} records could be read: {faults}"
    return reports.NO_DATA, f"no record lies in the window ({tally.outside} lie outside)" if tally.outside else "there is no record"


def undescribed(tally: Tally) -> tuple[str, str] | None:
    """State and reason of a window in which no row has an input, or None: for whoever looks at inputs."""
    if tally.described:
        return None
    faults = ", ".join(f"{count} {what}" for what, count in sorted(tally.faults.items()))
    return reports.CORRUPT_DATA if tally.faults[BAD_INPUT] else reports.NO_DATA, f"none of {tally.rows} rows has an input: {faults}"


def finished(violations: int) -> tuple[str, str]:
    """State and reason of a comparison, in the words of the service's exit message."""
    if violations:
        return reports.WITH_VIOLATIONS, f"Job completed successfully with {violations} violations."
    return reports.COMPLETED, "Job completed successfully with no violations."
