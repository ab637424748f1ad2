"""The analyzer: one window of captured traffic against its baseline, by the Model Monitor container contract.

Everything it is told stands in its environment (`interfaces.analyzer`); what it writes is described in
`interfaces.reports`. A window without data, labels or a baseline is a state in the report and not a failure.
"""

from datetime import UTC, datetime
from pathlib import Path

from interfaces import analyzer
from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.reports import COMPLETED, MONITOR_FILE, VIOLATIONS_FILE, WITH_VIOLATIONS
from model_code.monitoring import genuine_json
from pipeline_steps.scripts import job
from pipeline_steps.scripts.analyses import bias, cloudwatch, data_quality, explainability, inputs, model_quality
from pipeline_steps.scripts.analyses.result import Result

_ANALYSES = {
    analyzer.DATA_QUALITY: data_quality.run,
    analyzer.MODEL_QUALITY: model_quality.run,
    analyzer.MODEL_BIAS: bias.run,
    analyzer.MODEL_EXPLAINABILITY: explainability.run,
}


def main(argv: list[str]) -> None:
    if argv:
        raise ValueError(f"monitor takes no options but its environment; found {' '.join(argv)}")
    given = inputs.settings()
    result = analyse(given, inputs.contract(given))
    write(given, result)
    print(message(result), flush=True)
    job.EXIT_MESSAGE.parent.mkdir(parents=True, exist_ok=True)
    job.EXIT_MESSAGE.write_text(message(result)[:1024])


def analyse(given: AnalyzerSettings, known: Contract | None) -> Result:
    """The analysis that the settings ask for."""
    return _ANALYSES[given.analysis_type](given, known)


def write(given: AnalyzerSettings, result: Result) -> None:
    """All files of a run; the violations file in every state."""
    folder = Path(given.output_path)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {VIOLATIONS_FILE: {"violations": []}, **result.genuine}.items():
        (folder / name).write_text(genuine_json.dumps(content))
    for name, content in {**result.plain, MONITOR_FILE: result.report.to_dict()}.items():
        job.write_json(content, given.output_path, name)
    if given.publish_cloudwatch_metrics == "Enabled" and result.metrics:
        moment = given.end_time or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        cloudwatch.write(result.metrics, given.sagemaker_endpoint_name, given.sagemaker_monitoring_schedule_name, moment)


def message(result: Result) -> str:
    """The job's exit message; genuine where the service has one."""
    report = result.report
    return f"{report.state}: {report.reason}" if report.state in (COMPLETED, WITH_VIOLATIONS) else f"{report.state}: {report.reason}."
