"""CDK entry point of the delivery stack: ``cdk deploy --app '.venv/bin/python delivery.py' -c delivery=FILE``."""

import json
import os
import sys
from pathlib import Path

import app  # noqa: F401  (tells jsii where Node is, before aws_cdk is imported)


def main() -> None:
    from infra.delivery.app import build
    from infra.delivery.settings import load
    from infra.environment import ConfigurationError

    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    try:
        settings = load(Path(context.get("delivery") or os.environ.get("LOOP_DELIVERY", "delivery.toml")))
    except ConfigurationError as error:
        sys.exit(f"configuration: {error}")
    build(settings, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"), nag=str(context.get("nag")).lower() == "true").synth()


if __name__ == "__main__":
    main()
