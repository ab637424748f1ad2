"""The pipeline: validate → features → train → (evaluate, beside the champion, and baseline) → gate → register | fail."""

from typing import Any

from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

from interfaces import layout
from interfaces.pipeline_settings import CHAMPION_PARAMETER, PipelineSettings, placeholder
from interfaces.reports import EVALUATION_FILE, METRICS, metric_path
from pipeline_steps.definition.jobs import JobFactory, asset
from pipeline_steps.definition.register import register_step


def build(settings: PipelineSettings, session: Any) -> Pipeline:
    """The pipeline object; ``session`` is a PipelineSession that never reaches AWS."""
    version = ParameterString(name="DatasetVersion")
    threshold = ParameterFloat(name="MetricThreshold", default_value=settings.threshold)
    # what serves, passed by whoever starts the pipeline; by default an empty marker, as an input must name an object
    champion = ParameterString(name=CHAMPION_PARAMETER, default_value=asset("NoChampionFile"))
    data = f"s3://{placeholder('DataBucket')}/"
    manifest = Join(on="", values=[data, layout.MANIFESTS, version, ".json"])
    dataset = Join(on="", values=[data, layout.CURATED, layout.PARTITION_KEY, "=", version, "/"])
    jobs = JobFactory(settings, session)

    validate = jobs.processing("Validate", {"manifest": manifest, "dataset": dataset}, ["output"])
    features = jobs.processing(
        "Features",
        {"manifest": manifest, "dataset": dataset},
        ["train", "validation", "test", "report"],
        options=["--seed", str(settings.seed)],
        depends_on=[validate],
    )
    train = jobs.training("Train", {"train": jobs.output(features, "train"), "manifest": manifest})
    evaluation = PropertyFile(name="Evaluation", output_name="output", path=EVALUATION_FILE)
    evaluate = jobs.processing(
        "Evaluate",
        {
            "model": train.properties.ModelArtifacts.S3ModelArtifacts,
            "manifest": manifest,
            "test": jobs.output(features, "test"),
            "champion": champion,
            "plan": asset("PlanFile"),
        },
        ["output"],
        options=["--champion-uri", champion],  # what the input was, for the report: a container sees the files only
        property_files=[evaluation],
    )
    learned = {"model": train.properties.ModelArtifacts.S3ModelArtifacts, "manifest": manifest}
    seen = {"train": jobs.output(features, "train"), "test": jobs.output(features, "test")}
    baseline = jobs.processing("Baseline", {**learned, **seen}, ["output"])
    register = register_step(settings, session, train, evaluate, baseline, version)
    gate = _gate(settings, evaluate, evaluation, threshold, register)
    return Pipeline(
        name="pipeline",
        parameters=[version, threshold, champion],
        steps=[validate, features, train, baseline, evaluate, gate],
        pipeline_experiment_config=None,  # experiments would need permissions that nothing here uses
        sagemaker_session=session,
    )


def _gate(settings: PipelineSettings, evaluate: Any, evaluation: PropertyFile, threshold: ParameterFloat, register: Any) -> ConditionStep:
    """Register a model that reaches the threshold, fail with the reason otherwise."""
    metric = METRICS[settings.problem_type][settings.metric]
    condition = ConditionGreaterThanOrEqualTo if metric.greater_is_better else ConditionLessThanOrEqualTo
    value = JsonGet(step_name=evaluate.name, property_file=evaluation, json_path=metric_path(settings.problem_type, metric.name))
    word = "below" if metric.greater_is_better else "above"
    report = evaluate.properties.ProcessingOutputConfig.Outputs["output"].S3Output.S3Uri
    message = Join(
        on="", values=[f"{metric.name} of the model is {word} the threshold ", threshold, "; see ", report, f"/{EVALUATION_FILE}"]
    )
    return ConditionStep(
        name="ReachesThreshold",
        conditions=[condition(left=value, right=threshold)],
        if_steps=[register],
        else_steps=[FailStep(name="BelowThreshold", error_message=message)],
    )
