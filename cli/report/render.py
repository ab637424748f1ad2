"""The report as HTML: what ran, the DAG with timings, metrics with plots, the lineage."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.report import charts
from cli.report.life import life
from cli.times import shown
from interfaces.reports import KIND, METRICS


def render(found: dict[str, Any]) -> str:
    """One HTML file that needs nothing else."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    execution = found.get("execution")
    return environment.get_template("report.html.j2").render(
        found=found,
        dag=charts.dag(execution["steps"], execution["edges"]) if execution else "",
        timeline=charts.timeline(execution["steps"]) if execution else "",
        metrics=_metrics(found.get("evaluation"), found.get("package")),
        plots=_plots(found.get("evaluation")),
        lineage=_lineage(found),
        life=_life(found),
        shown=shown,
    )


def write(found: dict[str, Any], path: Path) -> None:
    """The report as a file."""
    path.write_text(render(found), encoding="utf-8")


def _block(evaluation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for problem, kind in KIND.items():
        if f"{kind}_metrics" in evaluation:
            return problem, evaluation[f"{kind}_metrics"]
    raise ValueError("the evaluation has no metrics block")


def _metrics(evaluation: dict[str, Any] | None, package: dict[str, Any] | None) -> list[dict[str, Any]]:
    if evaluation is None:
        return []
    problem, block = _block(evaluation)
    intervals = evaluation["mlops_loop"]["confidence_intervals"]
    gate = (package or {}).get("metadata", {}).get("metric")
    return [
        {"name": n, "value": block[n]["value"], "interval": intervals.get(n), "gate": n == gate} for n in METRICS[problem] if n in block
    ]


def _plots(evaluation: dict[str, Any] | None) -> list[dict[str, str]]:
    if evaluation is None:
        return []
    _, block = _block(evaluation)
    plots = []
    roc, pr = block.get("receiver_operating_characteristic_curve"), block.get("precision_recall_curve")
    if roc:
        plots.append(
            {
                "title": "ROC curve",
                "svg": charts.curve(
                    roc["false_positive_rates"], roc["true_positive_rates"], "false positive rate", "true positive rate", diagonal=True
                ),
            }
        )
    if pr:
        plots.append({"title": "Precision and recall", "svg": charts.curve(pr["recalls"], pr["precisions"], "recall", "precision")})
    if "confusion_matrix" in block:
        plots.append({"title": "Confusion matrix (rows: actual)", "svg": charts.matrix(block["confusion_matrix"])})
    residuals = evaluation["mlops_loop"].get("residuals")
    if residuals:
        plots.append({"title": "Residuals (predicted minus actual)", "svg": charts.histogram(residuals["counts"], residuals["edges"])})
    return plots


def _life(found: dict[str, Any]) -> str:
    """Day by day, where a simulation has kept days."""
    days = found.get("days")
    return life(days, found["headline_metric"], found["drift_threshold"]) if days else ""


def _lineage(found: dict[str, Any]) -> list[dict[str, str]]:
    chain = []
    manifest, execution, package, endpoint = (found.get(k) for k in ("manifest", "execution", "package", "endpoint"))
    if manifest:
        chain.append({"what": "landing drop", "name": manifest["drop"], "detail": f"SHA-256 {manifest['content_hash'][:16]}…"})
        chain.append(
            {
                "what": "dataset version",
                "name": manifest["version"],
                "detail": f"{manifest['rows']:,} rows, {manifest['quarantined']} quarantined",
            }
        )
    if execution:
        chain.append({"what": "pipeline execution", "name": execution["arn"].rsplit("/", 1)[-1], "detail": execution["status"]})
    if package:
        commit = package["metadata"].get("git_commit", "unknown")
        chain.append(
            {"what": "model package", "name": f"version {package['version']}", "detail": f"{package['approval']}, commit {commit[:12]}"}
        )
    if endpoint:
        chain.append({"what": "endpoint", "name": endpoint["name"], "detail": f"{endpoint['status']} on {endpoint['config']}"})
    return chain
