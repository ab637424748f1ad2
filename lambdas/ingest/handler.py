"""Ingest: carries out what decision.py decides."""

from typing import Any

import boto3
from aws_lambda_powertools.utilities.idempotency import idempotent_function
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.function_env import IngestEnv
from lambdas.ingest.decision import StartIngest, StartPipeline, decide
from lambdas.shared.champion import champion, champion_parameters
from lambdas.shared.notify import notify
from lambdas.shared.tools import logger, metrics, once, tracer

env = IngestEnv.parse()
glue, sagemaker, sns = boto3.client("glue"), boto3.client("sagemaker"), boto3.client("sns")
cloudformation = boto3.client("cloudformation")
layer, config = once(env.state_table, "key", hours=24 * 7)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: S3 Object Created, Dataset Version Created, Glue Job State Change."""
    config.register_lambda_context(context)
    decision = decide(event)
    logger.info("decided", decision=repr(decision))
    if isinstance(decision, StartIngest):
        return dict(start_ingest(data={"key": decision.key, "drop": decision.drop}))
    if isinstance(decision, StartPipeline):
        return dict(start_pipeline(data={"key": f"pipeline/{decision.version}", "version": decision.version, "token": decision.token}))
    return dict(report(data={"key": f"glue-failure/{decision.run_id}", "reason": decision.reason}))


@idempotent_function(data_keyword_argument="data", persistence_store=layer, config=config)
def start_ingest(data: dict[str, str]) -> dict[str, str]:
    """Start the job. A run too many is refused by Glue and retried by Lambda."""
    run = glue.start_job_run(JobName=env.ingest_job, Arguments={"--drop": data["drop"]})
    metrics.add_metric(name="IngestStarted", unit="Count", value=1)
    return {"job_run_id": run["JobRunId"]}


@idempotent_function(data_keyword_argument="data", persistence_store=layer, config=config)
def start_pipeline(data: dict[str, str]) -> dict[str, str]:
    """Start the execution; the token makes SageMaker answer the first one's ARN when asked again."""
    found = champion(cloudformation, sagemaker, env.serving_stack)
    if found and not found.artefact:
        logger.warning("the champion is unknown: the package of what serves was deleted", package=found.package)
        metrics.add_metric(name="ChampionUnknown", unit="Count", value=1)
    started = sagemaker.start_pipeline_execution(
        PipelineName=env.pipeline_name,
        PipelineExecutionDisplayName=f"dataset-{data['version']}",
        PipelineParameters=[{"Name": "DatasetVersion", "Value": data["version"]}, *champion_parameters(found)],
        ClientRequestToken=data["token"],
    )
    metrics.add_metric(name="PipelineStarted", unit="Count", value=1)
    return {"pipeline_execution_arn": started["PipelineExecutionArn"]}


@idempotent_function(data_keyword_argument="data", persistence_store=layer, config=config)
def report(data: dict[str, str]) -> dict[str, str]:
    """Page for a job that broke (a refused drop is not one: the job succeeds and says so itself)."""
    metrics.add_metric(name="IngestFailed", unit="Count", value=1)
    notify(
        sns,
        env.topic_arn,
        f"{env.ingest_job} failed",
        f"The ingest job {env.ingest_job} failed. {data['reason']}\nRunbook: docs/runbooks/ingest-failed.md",
    )
    return {"notified": env.topic_arn}
