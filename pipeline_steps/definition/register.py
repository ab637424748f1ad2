"""The register step: a model package that says where it came from and how good it is."""

from typing import Any

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import FileSource, MetricsSource, ModelMetrics
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.serve.model_builder import ModelBuilder

from interfaces.pipeline_settings import SERVING_ENVIRONMENT, PipelineSettings, placeholder
from interfaces.reports import (
    ANALYSIS_CONFIG_FILE,
    ANALYSIS_FILE,
    BASELINES,
    CONSTRAINTS_FILE,
    EVALUATION_FILE,
    STATISTICS_FILE,
)
from pipeline_steps.definition.jobs import FAKE_ROLE, JobFactory

CONTENT_TYPES = ["text/csv", "application/json", "application/jsonlines"]


def register_step(
    settings: PipelineSettings, session: Any, train: Any, evaluate: Any, baseline: Any, version: ParameterString
) -> ModelStep:
    """Register the trained model, pending approval, with metrics, baselines and lineage."""

    def report(step: Any, name: str) -> MetricsSource:
        uri = Join(on="/", values=[JobFactory.output(step, "output"), name])
        return MetricsSource(content_type="application/json", s3_uri=uri)

    def found(kind: str, name: str) -> MetricsSource:
        return report(baseline, BASELINES[kind] + name)

    config_uri = Join(on="/", values=[JobFactory.output(baseline, "output"), ANALYSIS_CONFIG_FILE])
    config = FileSource(content_type="application/json", s3_uri=config_uri)
    bias = found("MODEL_BIAS", ANALYSIS_FILE)
    baselines = DriftCheckBaselines(
        model_data_statistics=found("DATA_QUALITY", STATISTICS_FILE),
        model_data_constraints=found("DATA_QUALITY", CONSTRAINTS_FILE),
        model_statistics=found("MODEL_QUALITY", STATISTICS_FILE),
        model_constraints=found("MODEL_QUALITY", CONSTRAINTS_FILE),
        bias_config_file=config,
        bias_pre_training_constraints=bias,  # one file holds both stages
        bias_post_training_constraints=bias,
        explainability_config_file=config,
        explainability_constraints=found("MODEL_EXPLAINABILITY", ANALYSIS_FILE),
    )
    builder = ModelBuilder(
        s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
        image_uri=placeholder("ImageUri"),
        role_arn=FAKE_ROLE.format(name="TrainingRoleArn"),
        env_vars=dict(SERVING_ENVIRONMENT),
        sagemaker_session=session,
    )
    step_args = builder.register(
        model_package_group_name=placeholder("ModelPackageGroup"),
        content_types=CONTENT_TYPES,
        response_types=CONTENT_TYPES,
        inference_instances=["ml.t2.medium", "ml.m5.large", "ml.m5.xlarge"],
        transform_instances=["ml.m5.large"],
        approval_status="PendingManualApproval",
        model_metrics=ModelMetrics(
            model_statistics=report(evaluate, EVALUATION_FILE),
            model_constraints=baselines.model_constraints,
            model_data_statistics=baselines.model_data_statistics,
            model_data_constraints=baselines.model_data_constraints,
            bias=bias,
            explainability=baselines.explainability_constraints,
        ),
        drift_check_baselines=baselines,
        customer_metadata_properties={
            "dataset_version": version,
            "git_commit": placeholder("GitCommit"),
            "pipeline_execution_arn": ExecutionVariables.PIPELINE_EXECUTION_ARN,
            "problem_type": settings.problem_type,
            "metric": settings.metric,
        },
    )
    return ModelStep(name="Register", step_args=step_args)
