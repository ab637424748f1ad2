"""Small SVG charts, drawn from numbers. Colours come from the page's style sheet."""

from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

_SIZE, _PAD = 290, 46


def curve(xs: list[float], ys: list[float], x_label: str, y_label: str, *, diagonal: bool = False) -> Markup:
    """A curve in the unit square."""
    inner = _SIZE - 2 * _PAD
    points = " ".join(f"{_PAD + x * inner:.1f},{_SIZE - _PAD - y * inner:.1f}" for x, y in zip(xs, ys, strict=True))
    guide = f'<line class="guide" x1="{_PAD}" y1="{_SIZE - _PAD}" x2="{_SIZE - _PAD}" y2="{_PAD}"/>' if diagonal else ""
    ticks = "".join(
        f'<text class="tick" x="{_PAD + t * inner:.0f}" y="{_SIZE - _PAD + 14}" text-anchor="middle">{t:g}</text>'
        f'<text class="tick" x="{_PAD - 6}" y="{_SIZE - _PAD - t * inner + 4:.0f}" text-anchor="end">{t:g}</text>'
        for t in (0, 0.5, 1)
    )
    return _svg(
        _SIZE,
        _SIZE,
        f'<rect class="frame" x="{_PAD}" y="{_PAD}" width="{inner}" height="{inner}"/>{guide}<polyline class="line" points="{points}"/>{ticks}'
        f'<text class="label" x="{_SIZE / 2}" y="{_SIZE - 4}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text class="label" transform="rotate(-90)" x="{-_SIZE / 2}" y="14" text-anchor="middle">{escape(y_label)}</text>',
    )


def histogram(counts: list[float], edges: list[float]) -> Markup:
    """Bars over bins."""
    inner, top = _SIZE - 2 * _PAD, max(counts) or 1
    width = inner / len(counts)
    bars = "".join(
        f'<rect class="bar" x="{_PAD + i * width:.1f}" y="{_SIZE - _PAD - c / top * inner:.1f}" width="{max(1, width - 1):.1f}" height="{c / top * inner:.1f}"/>'
        for i, c in enumerate(counts)
    )
    labels = "".join(
        f'<text class="tick" x="{_PAD + f * inner:.0f}" y="{_SIZE - _PAD + 14}" text-anchor="middle">{edges[0] + f * (edges[-1] - edges[0]):.4g}</text>'
        for f in (0, 0.5, 1)
    )
    return _svg(_SIZE, _SIZE, f'<line class="axis" x1="{_PAD}" y1="{_SIZE - _PAD}" x2="{_SIZE - _PAD}" y2="{_SIZE - _PAD}"/>{bars}{labels}')


def matrix(confusion: dict[str, dict[str, int]]) -> Markup:
    """A confusion matrix; shade by share of the actual class."""
    labels = list(confusion)
    cell = max(34, min(80, (_SIZE - 90) // max(1, len(labels))))
    parts = []
    for i, actual in enumerate(labels):
        total = sum(confusion[actual].values()) or 1
        parts.append(f'<text class="tick" x="82" y="{44 + i * cell + cell / 2:.0f}" text-anchor="end">{escape(actual[:12])}</text>')
        parts.append(f'<text class="tick" x="{90 + i * cell + cell / 2:.0f}" y="30" text-anchor="middle">{escape(actual[:12])}</text>')
        for j, predicted in enumerate(labels):
            count = confusion[actual][predicted]
            x, y = 90 + j * cell, 40 + i * cell
            parts.append(
                f'<rect class="cell" style="fill-opacity:{0.08 + 0.8 * count / total:.2f}" x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}"/>'
            )
            parts.append(f'<text class="count" x="{x + cell / 2 - 1:.0f}" y="{y + cell / 2 + 4:.0f}" text-anchor="middle">{count}</text>')
    side = 100 + cell * len(labels)
    return _svg(side, side - 40, "".join(parts))


def timeline(steps: list[dict[str, Any]]) -> Markup:
    """A bar per step, from its start to its end."""
    done = [s for s in steps if s["ended"]]
    if not done:
        return Markup()
    starts = [datetime.fromisoformat(s["started"]) for s in done]
    ends = [datetime.fromisoformat(s["ended"]) for s in done]
    first, span = min(starts), max((max(ends) - min(starts)).total_seconds(), 0.001)
    rows = []
    for i, (step, start, end) in enumerate(zip(done, starts, ends, strict=True)):
        x = 150 + (start - first).total_seconds() / span * 520
        width = max(2, (end - start).total_seconds() / span * 520)
        y = 8 + i * 26
        rows.append(
            f'<text class="label" x="142" y="{y + 13}" text-anchor="end">{escape(step["name"])}</text>'
            f'<rect class="span {escape(step["status"].lower())}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" rx="3"/>'
            f'<text class="tick" x="{x + width + 6:.1f}" y="{y + 13}">{step["seconds"]:.2f} s</text>'
        )
    return _svg(760, 16 + len(done) * 26, "".join(rows))


def dag(steps: list[dict[str, Any]], edges: list[Any]) -> Markup:
    """The graph in layers, each step as far left as what it depends on allows. Steps that did not run are dashed."""
    ran = {s["name"]: s for s in steps}
    nodes = sorted({n for edge in edges for n in edge} | set(ran))
    layer: dict[str, int] = {}
    for _ in nodes:
        for node in nodes:
            layer[node] = max([layer.get(a, 0) + 1 for a, b in edges if b == node], default=0)
    columns: dict[int, list[str]] = {}
    for node in nodes:
        columns.setdefault(layer[node], []).append(node)
    height = 20 + max(len(c) for c in columns.values()) * 66
    place = {n: (12 + x * 160, height / 2 - len(c) * 33 + y * 66 + 8) for x, c in columns.items() for y, n in enumerate(c)}
    lines = "".join(
        f'<path class="edge" d="M{place[a][0] + 132},{place[a][1] + 23} C{place[a][0] + 148},{place[a][1] + 23} {place[b][0] - 16},{place[b][1] + 23} {place[b][0]},{place[b][1] + 23}"/>'
        for a, b in edges
    )
    boxes = "".join(_box(n, ran.get(n), *place[n]) for n in nodes)
    return _svg(24 + (max(columns) + 1) * 160, int(height), lines + boxes)


def _box(name: str, step: dict[str, Any] | None, x: float, y: float) -> str:
    status = step["status"].lower() if step else "skipped"
    detail = (
        "not needed"
        if step is None
        else "cached"
        if step["cached"]
        else f"{step['seconds']:.2f} s"
        if step["seconds"] is not None
        else status
    )
    return (
        f'<rect class="node {escape(status)}" x="{x}" y="{y:.0f}" width="132" height="46" rx="6"/>'
        f'<text class="node-name" x="{x + 66}" y="{y + 20:.0f}" text-anchor="middle">{escape(name)}</text>'
        f'<text class="tick" x="{x + 66}" y="{y + 36:.0f}" text-anchor="middle">{escape(detail)}</text>'
    )


def _svg(width: float, height: float, content: str) -> Markup:
    return Markup(f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">{content}</svg>')
