"""AWS/SageMaker invocation metrics: of the variant, and of the variant on its endpoint config, which guardrails watch."""

from local_aws.sagemaker.jobs import World

NAMESPACE = "AWS/SageMaker"


def measure(world: World, dimensions: dict[str, str], status: int, model_s: float, overhead_s: float) -> None:
    """One invocation: its answer's status, and seconds in the container and before it. Latencies are in microseconds."""
    of_variant = {k: v for k, v in dimensions.items() if k != "EndpointConfigName"}
    counts = {"Invocations": 1, "Invocation4XXErrors": 400 <= status < 500, "Invocation5XXErrors": status >= 500}
    for where in (of_variant, dimensions):
        for name, value in counts.items():
            world.metrics.put(NAMESPACE, name, float(value), where)
        for name, seconds in (("ModelLatency", model_s), ("OverheadLatency", overhead_s)):
            world.metrics.put(NAMESPACE, name, round(seconds * 1e6), where, "Microseconds")
