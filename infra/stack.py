"""What our stacks have in common."""

import aws_cdk as cdk
from constructs import Construct


class Stack(cdk.Stack):
    """A stack whose templates need no SSM parameter and whose assets are named by us."""

    def __init__(self, scope: Construct, id: str, *, name: str, termination_protection: bool) -> None:
        # The bootstrap-version rule is an SSM parameter that every caller of UpdateStack would have to read.
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, stack_name=name, synthesizer=synthesizer, termination_protection=termination_protection)
        # Through jsii `stack.synthesizer` is the unbound original of the copy that the stack uses; they share
        # the asset manifest, and bound to the same stack it can add files to it.
        synthesizer.bind(self)
