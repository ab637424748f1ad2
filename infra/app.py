"""Composition of the cloud: one app, three stacks, three failure domains."""

import subprocess
from pathlib import Path

import aws_cdk as cdk

from infra.environment import ROOT, Environment
from infra.monitoring.stack import Monitoring
from infra.platform.stack import Platform
from infra.serving.stack import Serving
from interfaces.contract import Contract


def build(
    environment: Environment, contract: Contract, *, outdir: str | None = None, git_commit: str | None = None, nag: bool = False
) -> cdk.App:
    """The app, ready to synthesize: no account, no credentials, no network.

    ``git_commit`` goes onto every model package; by default it is that of the checkout. ``nag`` checks what it synthesizes.
    """
    app = cdk.App(outdir=outdir, analytics_reporting=False, context=CONTEXT)
    protected = environment.operations.termination_protection
    commit = git_commit if git_commit is not None else checkout_commit()
    platform = Platform(app, "Platform", environment=environment, contract=contract, git_commit=commit, termination_protection=protected)
    serving = Serving(app, "Serving", environment=environment, termination_protection=protected)
    monitoring = Monitoring(app, "Monitoring", environment=environment, contract=contract, termination_protection=protected)
    serving.add_stack_dependency(platform)
    monitoring.add_stack_dependency(serving)
    if nag:
        from infra.nag import check

        check(app.synth().directory)
    return app


# What the templates' validator finds is an error, not a warning
CONTEXT = {"@aws-cdk/core:validateAgainstDefaultRules": True}


def checkout_commit(root: Path = ROOT) -> str:
    """The checkout's commit, or ``unknown`` where there is no git."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
