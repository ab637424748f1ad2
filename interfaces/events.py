"""Events that the project itself sends, and the names of those that AWS sends to it."""

import json
from typing import Any

SOURCE = "mlops-loop"

DATASET_CREATED = "Dataset Version Created"
DATASET_REFUSED = "Dataset Version Refused"
MONITOR_TICK = "Monitoring Tick"
RETRAIN_TICK = "Retraining Tick"
RETRAIN_COMMAND = "Retraining Command"

REVIEW_WAITING = "Review Waiting"
S3_OBJECT_CREATED = "Object Created"
GLUE_STATE_CHANGE = "Glue Job State Change"
PACKAGE_STATE_CHANGE = "SageMaker Model Package State Change"
PROCESSING_STATE_CHANGE = "SageMaker Processing Job State Change"
PIPELINE_STATE_CHANGE = "SageMaker Model Building Pipeline Execution Status Change"
RECONCILE = "Reconcile"  # from the schedule
ROLLBACK = "Rollback"  # from the command line
SWEEP = "Sweep"  # from the schedule, and from the command line
STACK_STATUS_CHANGE = "CloudFormation Stack Status Change"
ALARM_STATE_CHANGE = "CloudWatch Alarm State Change"


def entry(detail_type: str, detail: dict[str, Any], resource: str = "") -> dict[str, Any]:
    """One entry for ``events:PutEvents`` on the default bus."""
    return {
        "Source": SOURCE,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, sort_keys=True),
        "Resources": [resource] if resource else [],
    }
