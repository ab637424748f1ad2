"""A report in words: which features, how far, where to read on. Pure."""

import math

from interfaces.reports import FeatureReport, MonitorReport

SHOWN = 8


def summary(report: MonitorReport) -> str:
    """What is wrong, worst first, with numbers; what the report says of itself where nothing is."""
    drifted = sorted((item for item in report.features.items() if item[1].drifted), key=lambda item: -_strength(item[1]))
    lines = [f"{name}: {_distance(feature)}" for name, feature in drifted if feature.distance is not None]
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


def _distance(feature: FeatureReport) -> str:
    if feature.method == "ChiSquared":
        return f"p-value {feature.distance:.3g}, drift below {feature.threshold:g} ({feature.method})"
    return f"distance {feature.distance:.3f}, allowed {feature.threshold:g} ({feature.method})"


def _strength(feature: FeatureReport) -> float:
    """How many times a distance is its threshold; of a p-value, the other way round."""
    top, bottom = feature.distance or 0.0, feature.threshold or 0.0
    if feature.method == "ChiSquared":
        top, bottom = bottom, top
    return top / bottom if bottom else math.inf


def alarm_text(alarm: str, description: str, found: str, report_uri: str) -> str:
    """The notification of a monitor's alarm."""
    where = [f"Report: {report_uri}"] if report_uri else []
    return "\n".join([f"{alarm} is in ALARM.", found or "No report of a run is known.", *where, description])
