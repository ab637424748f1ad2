"""The monitors: one file each says what CloudFormation is told beside what all have in common."""

from infra.monitoring.monitors import bias, data_quality, explainability, model_quality
from infra.monitoring.monitors.base import Parts

PARTS: dict[str, Parts] = {module.NAME: module.parts for module in (data_quality, model_quality, bias, explainability)}
