"""``cdk deploy --all`` of our stacks against a server, after synth and bootstrap."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.server.processes import ROOT, local_aws

TARGET = 20.0  # seconds


def measure(rounds: int) -> list[float]:
    """Seconds of the whole CDK CLI, each time on a new server. Raises RuntimeError."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        assembly = Path(folder) / "cdk.out"
        subprocess.run(
            [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, "CDK_OUTDIR": str(assembly)}, check=True, capture_output=True
        )
        for _ in range(rounds):
            with local_aws() as server:
                if (done := server.cdk("bootstrap", "aws://123456789012/us-east-1")).returncode:
                    raise RuntimeError(done.stderr)
                started = time.perf_counter()
                done = server.cdk("deploy", "--app", assembly, "--all", "--require-approval", "never", "--ci")
                seconds.append(time.perf_counter() - started)
                stacks = server.client("cloudformation").describe_stacks()["Stacks"]
                complete = sum(s["StackStatus"] == "CREATE_COMPLETE" for s in stacks) - 1  # without the bootstrap stack
                if done.returncode or complete != len(list(assembly.glob("*.template.json"))):
                    raise RuntimeError(done.stdout + done.stderr)
    return seconds
