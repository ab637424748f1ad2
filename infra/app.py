"""Composition of the cloud: one app, three stacks, three failure domains."""

import subprocess
from pathlib import Path

import aws_cdk as cdk

from infra.environment import ROOT, Environment
from infra.monitoring import Monitoring
from infra.platform.stack import Platform
from infra.serving import Serving
from interfaces.contract import Contract


def build(
    environment: Environment, contract: Contract, *, outdir: str | None = None, git_commit: str | None = None, nag: bool = False
) -> cdk.App:
    """The app, ready to synthesize: no account, no credentials, no network.

    ``git_commit`` goes onto every model package; by default it is that of the checkout.
    """
    app = cdk.App(outdir=outdir, analytics_reporting=False, context=_CONTEXT)
    protected = environment.operations.termination_protection
    commit = git_commit if git_commit is not None else checkout_commit()
    platform = Platform(app, "Platform", environment=environment, contract=contract, git_commit=commit, termination_protection=protected)
    serving = Serving(app, "Serving", environment=environment, termination_protection=protected)
    monitoring = Monitoring(app, "Monitoring", environment=environment, termination_protection=protected)
    serving.add_stack_dependency(platform)
    monitoring.add_stack_dependency(serving)
    cdk.Tags.of(platform).add("project", environment.names.prefix)
    if nag:
        from infra.nag import attach

        attach(app)
    return app


_CONTEXT = {
    "@aws-cdk/core:newStyleStackSynthesis": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "aws:cdk:disable-version-reporting": True,
}


def checkout_commit(root: Path = ROOT) -> str:
    """The checkout's commit, or ``unknown`` where there is no git."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
