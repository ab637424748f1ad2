"""What our stacks have in common."""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.assets import Asset, Location


class Stack(cdk.Stack):
    """A stack whose templates need no SSM parameter and whose assets are named by us."""

    def __init__(self, scope: Construct, id: str, *, name: str, termination_protection: bool, tags: dict[str, str] | None = None) -> None:
        # The bootstrap-version rule is an SSM parameter that every caller of UpdateStack would have to read.
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, stack_name=name, synthesizer=synthesizer, termination_protection=termination_protection, tags=tags)
        # The stack uses a bound copy, which jsii cannot hand out; the original shares the copy's asset manifest,
        # and bound to the same stack it can add files to it.
        synthesizer.bind(self)
        self._assets = synthesizer
        stage = cdk.Stage.of(self)
        assert stage is not None  # a stack is always in an app
        self._outdir = Path(stage.outdir)

    def publish(self, asset: Asset) -> Location:
        """Put an asset into the cloud assembly; the CDK CLI or our deployer uploads it."""
        path = self._outdir / f"asset.{asset.file_name}"
        path.write_bytes(asset.content)
        stem = asset.file_name.removesuffix(path.suffix)
        location = self._assets.add_file_asset(file_name=path.name, packaging=cdk.FileAssetPackaging.FILE, source_hash=stem)
        return Location(location.bucket_name, location.object_key)


def publish(scope: Construct, asset: Asset) -> Location:
    """Put an asset into the cloud assembly of the stack that holds ``scope``."""
    stack = cdk.Stack.of(scope)
    assert isinstance(stack, Stack)
    return stack.publish(asset)


def resource(scope: Construct, id: str, type: str, **properties: object) -> cdk.CfnResource:
    """A resource by CloudFormation's own names.

    The generated classes cost a synth half a second (docs/benchmarks.md), most of it for their imports: aws_lambda alone
    brings all of aws_ec2. The synth checks names, types and allowed values in the template, and fails on what it finds.
    """
    return cdk.CfnResource(scope, id, type=type, properties=properties)


def att(of: cdk.CfnResource, name: str) -> str:
    """An attribute of a resource, such as its ARN."""
    return of.get_att(name).to_string()
