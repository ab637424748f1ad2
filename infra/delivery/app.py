"""The delivery app: one stack, apart from those that it lets deploy."""

import aws_cdk as cdk

from infra.app import CONTEXT
from infra.delivery.settings import Delivery
from infra.delivery.stack import DeliveryStack


def build(settings: Delivery, *, outdir: str | None = None, nag: bool = False) -> cdk.App:
    """The app, ready to synthesize. ``nag`` checks what it synthesizes."""
    app = cdk.App(outdir=outdir, analytics_reporting=False, context=CONTEXT)
    DeliveryStack(app, "Delivery", settings=settings)
    if nag:
        from infra.nag import check

        check(app.synth().directory)
    return app
