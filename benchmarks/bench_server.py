"""The local AWS as a server: calls per second beside moto's server, fifty clients, cdk deploy, a thousand executions.

Run as ``python -m benchmarks.bench_server``, or only some parts of it: ``calls crowd deployment executions``. The last line is
a JSON object; the exit code is 1 when a target is missed.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.server import calls, crowd, deployment, executions
from benchmarks.server.processes import Sample, local_aws

PARTS = ("calls", "crowd", "deployment", "executions")
WARM_UP = 200  # executions; a course of less than twice as many is shown and not judged
GROWTH = {  # what an execution may leave behind after the warm-up
    "server_kib": 4.0,  # a session's credentials take 1 KiB
    "stand_ins_kib": 1.0,
    "descriptors": 0.01,
    "threads": 0.01,
    "files": 0.01,
}
Part = tuple[dict[str, Any], list[str]]  # figures, and which targets were missed


def main() -> None:
    """Measure what was asked for, print it, and end with the result as JSON."""
    options = _options()
    print(f"load average at the start: {_load()}")
    result: dict[str, Any] = {"name": "bench-server"}
    missed: list[str] = []
    for part in options.parts or PARTS:
        figures, late = _PARTS[part](options)
        result[part], missed = figures, missed + late
    print(f"load average at the end: {_load()}")
    for text in missed:
        print(f"MISSED: {text}")
    print(json.dumps(result))
    sys.exit(1 if missed else 0)


def of_calls(options: argparse.Namespace) -> Part:
    rates = calls.measure(options.rounds, options.calls)
    figures = {}
    for rate in rates:
        low, high = min(rate.ratios), max(rate.ratios)
        ratio = statistics.median(rate.ratios)
        slowest, quickest = min(ours for ours, _ in rate.pairs), max(ours for ours, _ in rate.pairs)
        print(
            f"{rate.name:<24} ours {rate.ours:4.0f}/s ({slowest:.0f} to {quickest:.0f})  moto_server {rate.peer:4.0f}/s  "
            f"ratio {ratio:.2f} ({low:.2f} to {high:.2f})"
        )
        figures[rate.name] = {"ours": round(rate.ours), "peer": round(rate.peer), "ratio": round(ratio, 2), "spread": _round(low, high)}
    return figures, [f"{r.name}: {r.ours:.0f} calls/s, wanted {calls.TARGET:.0f}" for r in rates if r.ours < calls.TARGET]


def of_crowd(options: argparse.Namespace) -> Part:
    processes, each = 5, 10
    with local_aws() as server:
        crowd.furnish(server.client)
        found = crowd.measure(server.environment, processes=processes, clients=each, seconds=options.seconds)
    print(f"{processes * each} clients for {options.seconds:g} s: {found.calls} calls, {len(found.faults)} errors")
    for name, seconds in found.seconds.items():
        print(f"  {name:<10} {len(seconds):6} calls, ms: {_percentiles(seconds)}")
    everything = [s for seconds in found.seconds.values() for s in seconds]
    figures = {"clients": processes * each, "calls": found.calls, "errors": len(found.faults), "ms": _percentiles(everything)}
    return figures, [f"{len(found.faults)} of the calls of many clients failed, such as {found.faults[0]}"] if found.faults else []


def of_deployment(options: argparse.Namespace) -> Part:
    seconds = deployment.measure(options.deployments)
    middle = statistics.median(seconds)
    print(f"cdk deploy --all after synth: {middle:.1f} s ({min(seconds):.1f} to {max(seconds):.1f})")
    missed = [f"cdk deploy --all: {middle:.1f} s, wanted {deployment.TARGET:.0f}"] if middle > deployment.TARGET else []
    return {"seconds": round(middle, 1), "spread": _round(min(seconds), max(seconds))}, missed


def of_executions(options: argparse.Namespace) -> Part:
    course = executions.measure(options.executions, min(WARM_UP, options.executions // 2), _sampled)
    last, judged = course.samples[-1][1], options.executions >= 2 * WARM_UP
    figures: dict[str, Any] = {"count": options.executions, "warm_up": course.warm_up}
    missed = []
    for name, bound in GROWTH.items():
        value: Callable[[Sample], float] = lambda held, n=name: getattr(held, n)  # type: ignore[misc]  # noqa: E731
        slope = course.growth(value)
        figures[name] = {"last": value(last), "per_execution": round(slope, 3)}
        allowed = f"bound {bound:g}" if judged else "too few to judge"
        print(f"{name:<14} {value(last):8} at the end, grows by {slope:.3f} per execution after {course.warm_up} ({allowed})")
        if judged and slope > bound:
            missed.append(f"{name} grows by {slope:.3f} per execution, allowed are {bound:g}")
    return figures, missed


def _sampled(done: int, held: Sample) -> None:
    print(
        f"{done:5} executions: server {held.server_kib / 1024:.1f} MiB, stand-ins {held.stand_ins_kib / 1024:.1f} MiB, "
        f"{held.descriptors} descriptors, {held.threads} threads, {held.files} files",
        flush=True,
    )


def _percentiles(seconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1000:.0f}, p95 {cuts[94] * 1000:.0f}, p99 {cuts[98] * 1000:.0f}, max {max(seconds) * 1000:.0f}"


def _round(*values: float) -> list[float]:
    return [round(value, 2) for value in values]


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of calls, ours and the peer in turns")
    parser.add_argument("--calls", type=int, default=300, help="calls in a round")
    parser.add_argument("--seconds", type=float, default=10, help="how long the clients stay")
    parser.add_argument("--deployments", type=int, default=3)
    parser.add_argument("--executions", type=int, default=1000, help="60 for a quick look")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


_PARTS: dict[str, Callable[[argparse.Namespace], Part]] = {
    "calls": of_calls,
    "crowd": of_crowd,
    "deployment": of_deployment,
    "executions": of_executions,
}


if __name__ == "__main__":
    main()
