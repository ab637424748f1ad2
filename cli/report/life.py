"""The life of an endpoint over days: traffic, quality, drift per feature, alarms and releases on one time axis."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

WIDTH, LEFT, RIGHT, GAP = 900, 150, 130, 26
TRAFFIC, CURVE, BAND = 54, 130, 16
DRIFT_SHOWN = 5


def life(days: list[dict[str, Any]], metric: str, threshold: float) -> Markup:
    """``days`` as the simulation keeps them; ``metric`` is the quality shown, ``threshold`` that of the drift distances."""
    panels = [
        (TRAFFIC, "requests", _bars([d["rows"] for d in days], TRAFFIC)),
        (CURVE, metric, _curves({metric: [d["metrics"].get(metric) for d in days]}, CURVE)),
        (CURVE, "drift", _curves(_strongest(days), CURVE, floor=0.0, guide=threshold)),
        *_alarm_bands(days),
    ]
    content, y = [], 24.0
    for height, title, drawn in panels:
        content.append(
            f'<g transform="translate({LEFT},{y:g})"><text class="label" x="-12" y="{height / 2 + 4:g}" text-anchor="end">'
            f"{escape(title)}</text>{drawn}</g>"
        )
        y += height + (GAP if height > BAND else 6)
    content += [_releases(days, y), _dates(days, y)]
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {y + 30:g}" width="{WIDTH}" height="{y + 30:g}" role="img" '
        f'aria-label="The endpoint day by day">{"".join(content)}</svg>'
    )


def _x(index: float, count: int) -> float:
    return (index + 0.5) * (WIDTH - LEFT - RIGHT) / max(count, 1)


def _bars(values: Sequence[float], height: float) -> str:
    top, width = max(values, default=0) or 1, (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    bars = "".join(
        f'<rect class="bar quiet" x="{i * width + 1:.1f}" y="{height * (1 - v / top):.1f}" width="{max(width - 2, 1):.1f}" '
        f'height="{height * v / top:.1f}"/>'
        for i, v in enumerate(values)
    )
    return bars + f'<text class="tick" x="{WIDTH - LEFT - RIGHT + 8}" y="10">{top:,.0f} rows a day</text>'


def _curves(series: dict[str, list[float | None]], height: float, *, floor: float | None = None, guide: float | None = None) -> str:
    """Lines with gaps where a day has no value; each is named at its right end."""
    known = [v for values in series.values() for v in values if v is not None] + ([guide] if guide is not None else [])
    if not known:
        return '<text class="tick" x="0" y="20">nothing measured yet</text>'
    low, high = min(known) if floor is None else floor, max(known)
    span = (high - low) or 1.0
    inner = WIDTH - LEFT - RIGHT

    def y(value: float) -> float:
        return height * (1 - (value - low) / span)

    parts = [f'<rect class="frame" x="0" y="0" width="{inner}" height="{height:g}"/>']
    parts += [f'<text class="tick" x="-6" y="{y(v) + (10 if v == high else 0):.1f}" text-anchor="end">{v:.3g}</text>' for v in (low, high)]
    if guide is not None:
        parts.append(f'<line class="guide" x1="0" x2="{inner}" y1="{y(guide):.1f}" y2="{y(guide):.1f}"/>')
    ends = []
    for number, (name, values) in enumerate(series.items()):
        points = [f"{_x(i, len(values)):.1f},{y(v):.1f}" for i, v in enumerate(values) if v is not None]
        if points:
            parts.append(f'<polyline class="line s{number}" points="{" ".join(points)}"/>')
            ends.append((next(y(v) for v in reversed(values) if v is not None), number, name))
    return "".join(parts) + _names(ends, inner, height)


def _names(ends: list[tuple[float, int, str]], x: float, height: float) -> str:
    """Names at the lines' ends, moved apart where they would overlap."""
    parts, last = [], -12.0
    for y, number, name in sorted(ends):
        last = min(max(y + 4, last + 13), height + 13.0 * len(ends))
        parts.append(f'<text class="tick name s{number}" x="{x + 8:g}" y="{last:.1f}">{escape(name)}</text>')
    return "".join(parts)


def _strongest(days: list[dict[str, Any]]) -> dict[str, list[float | None]]:
    """The features that drifted furthest, with their distances day by day."""
    furthest: dict[str, float] = {}
    for day in days:
        for name, distance in day["drift"].items():
            furthest[name] = max(furthest.get(name, 0.0), distance)
    shown = sorted(furthest, key=lambda n: -furthest[n])[:DRIFT_SHOWN]
    return {name: [day["drift"].get(name) for day in days] for name in shown}


def _alarm_bands(days: list[dict[str, Any]]) -> list[tuple[float, str, str]]:
    width = (WIDTH - LEFT - RIGHT) / max(len(days), 1)
    names = sorted({name for day in days for name in day["alarms"]})
    bands = []
    for name in names:
        states = ["bad" if name in day["alarms"] else "fine" for day in days]
        cells = "".join(
            f'<rect class="band {state}" x="{i * width:.1f}" y="0" width="{width:.1f}" height="{BAND}"/>' for i, state in enumerate(states)
        )
        bands.append((float(BAND), name, cells))
    return bands


def _releases(days: list[dict[str, Any]], bottom: float) -> str:
    """A line through all panels where another version began to serve."""
    parts, serving = [], None
    for i, day in enumerate(days):
        for version in day["versions"]:
            if version != serving:
                x = LEFT + (_x(i, len(days)) if serving is not None else 0)
                parts.append(
                    f'<line class="release" x1="{x:.1f}" x2="{x:.1f}" y1="16" y2="{bottom:.1f}"/>'
                    f'<text class="tick" x="{x + 4:.1f}" y="14">version {version}</text>'
                )
                serving = version
    return "".join(parts)


def _dates(days: list[dict[str, Any]], y: float) -> str:
    step = max(1, len(days) // 10)
    return "".join(
        f'<text class="tick" x="{LEFT + _x(i, len(days)):.1f}" y="{y + 12:.1f}" text-anchor="middle">{escape(day["date"][5:])}</text>'
        for i, day in enumerate(days)
        if i % step == 0
    )
