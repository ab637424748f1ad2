"""Platform: everything up to the registry, and the functions that carry a model from there."""

import aws_cdk as cdk
from constructs import Construct

from infra.environment import Environment
from infra.platform.approve import Approve
from infra.platform.catalog import Catalog
from infra.platform.decide import Decide
from infra.platform.deploy_roles import DeployRoles
from infra.platform.ingest import Ingest
from infra.platform.monitor import Monitor
from infra.platform.notifications import Notifications
from infra.platform.release import Release
from infra.platform.retrain import Retrain
from infra.platform.storage import Storage
from infra.platform.sweep import Sweep
from infra.platform.training import Training
from infra.stack import Stack
from interfaces.contract import Contract


class Platform(Stack):
    """data lands → ingest → pipeline → registry → approve → release; what serves is in its own stack."""

    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, contract: Contract, git_commit: str, termination_protection: bool
    ) -> None:
        names = environment.names
        # the other stacks stay without tags: a change of one replaces what monitors
        super().__init__(
            scope, id, name=names.platform_stack, termination_protection=termination_protection, tags={"project": names.prefix}
        )
        storage = Storage(self, "Storage", environment=environment)
        Catalog(self, "Catalog", environment=environment, contract=contract, storage=storage)
        training = Training(self, "Training", environment=environment, contract=contract, storage=storage, git_commit=git_commit)
        DeployRoles(self, "DeployRoles", environment=environment)
        for verb in (Ingest, Approve, Decide, Release, Sweep, Notifications):
            verb(self, verb.__name__, environment=environment, contract=contract, storage=storage)
        Monitor(self, "Monitor", environment=environment, contract=contract, storage=storage, training=training)
        Retrain(self, "Retrain", environment=environment, contract=contract, storage=storage, training=training)
        for name, bucket in (("Landing", storage.landing), ("Data", storage.data), ("Artefacts", storage.artefacts)):
            cdk.CfnOutput(self, f"{name}Bucket", value=bucket)
        cdk.CfnOutput(self, "KeyArn", value=storage.key_arn)
        cdk.CfnOutput(self, "NotificationsTopicArn", value=storage.topic_arn)
