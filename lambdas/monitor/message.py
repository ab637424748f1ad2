"""A report in words: which features, how far, where to read on. Pure."""

from interfaces.reports import MonitorReport

SHOWN = 8


def summary(report: MonitorReport) -> str:
    """What is wrong, worst first, with numbers; what the report says of itself where nothing is."""
    drifted = sorted((f for f in report.features.items() if f[1].drifted), key=lambda item: -(item[1].distance or 0.0))
    lines = [f"{name}: distance {f.distance:.3f}, allowed {f.threshold:g} ({f.method})" for name, f in drifted if f.distance is not None]
    lines += [
        f"{name}: {'unknown' if m.value is None else f'{m.value:.4g}'}"
        + ("" if m.baseline is None else f", at the baseline {m.baseline:.4g}")
        for name, m in report.metrics.items()
        if m.violated
    ]
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    head = [f"{report.rows.rows} rows from {report.window.get('start', '?')} to {report.window.get('end', '?')}"]
    if report.labels:
        head.append(f"{report.labels.share:.0%} of them labelled")
    if report.verdict and report.verdict.state == "decayed":
        head.append(f"decayed, cause: {report.verdict.cause or 'unknown'}")
    return "\n".join(["; ".join(head), *(lines[:SHOWN] or [report.reason]), *more])


def alarm_text(alarm: str, description: str, found: str, report_uri: str) -> str:
    """The notification of a monitor's alarm."""
    where = [f"Report: {report_uri}"] if report_uri else []
    return "\n".join([f"{alarm} is in ALARM.", found or "No report of a run is known.", *where, description])
