"""cdk-nag's AwsSolutions rules, and a written reason for each finding that stays."""

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

_REASONS = {
    "AwsSolutions-S1": "The access-log bucket is the destination of access logs; logging it into itself would loop.",
    "AwsSolutions-IAM5": "Objects, log streams, jobs and versions get their names at run time: each wildcard is a tail under a named "
    "prefix, or an action that AWS documents as having no resource (ECR token, X-Ray, List*, Describe* of Application Auto Scaling). "
    "tests/infra/test_policies.py lists every one.",
    "AwsSolutions-GL1": "CloudWatch log encryption for Glue needs the key policy to trust CloudWatch Logs; the ingest log holds counts and reasons, no rows.",
    "AwsSolutions-L1": "Python 3.13 is the newest runtime that the pinned libraries are tested on.",
}


def attach(app: cdk.App) -> None:
    """Check every stack while it is synthesized, with the acknowledgements above."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    acknowledged = [cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in _REASONS.items()]
    cdk.Validations.of(app).acknowledge(*acknowledged)
