"""Processing and training steps with what every job of ours has: encryption, isolation, caching, retries."""

from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.training.configs import Compute, InputData, Networking, OutputDataConfig, StoppingCondition
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.train.model_trainer import ModelTrainer

from interfaces import layout
from interfaces.pipeline_settings import PipelineSettings, placeholder

PROCESSING = "/opt/ml/processing"
CODE_CHANNEL = "code"
# A pipeline has no roles before it is deployed: replaced by the placeholders after compiling.
FAKE_ROLE = "arn:aws:iam::111111111111:role/{name}"


class JobFactory:
    """Makes steps that differ only in what they read, run and write."""

    def __init__(self, settings: PipelineSettings, session: Any) -> None:
        self._settings = settings
        self._session = session
        self._cache = CacheConfig(enable_caching=True, expire_after=settings.cache_expiry)

    def processing(
        self,
        name: str,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        *,
        options: Sequence[Any] = (),
        property_files: Sequence[PropertyFile] = (),
        depends_on: Sequence[Any] = (),
    ) -> ProcessingStep:
        """A step that runs one verb of the steps archive; inputs and outputs become its options."""
        verb = name.lower()
        arguments = [verb]
        for key in (*inputs, *outputs):
            side = "input" if key in inputs else "output"
            arguments += [f"--{key}", f"{PROCESSING}/{side}/{key}"]
        processor = Processor(
            role=FAKE_ROLE.format(name="ProcessingRoleArn"),
            image_uri=placeholder("ImageUri"),
            instance_count=1,
            instance_type=self._settings.instance_type,
            volume_size_in_gb=self._settings.volume_gb,
            volume_kms_key=placeholder("KmsKeyArn"),
            output_kms_key=placeholder("KmsKeyArn"),
            max_runtime_in_seconds=self._settings.max_runtime_s,
            entrypoint=["python3", f"{PROCESSING}/input/{CODE_CHANNEL}/{placeholder('StepsFile')}"],
            network_config=NetworkConfig(enable_network_isolation=True, encrypt_inter_container_traffic=False),
            sagemaker_session=self._session,
        )
        channels = {CODE_CHANNEL: asset("StepsFile"), **inputs}
        step_args = processor.run(
            inputs=[_input(key, uri) for key, uri in channels.items()],
            outputs=[_output(key, self.uri(verb, key)) for key in outputs],
            arguments=[*arguments, *options],
        )
        return ProcessingStep(
            name=name,
            step_args=step_args,
            property_files=list(property_files) or None,
            cache_config=self._cache,
            depends_on=list(depends_on) or None,
            retry_policies=retries(),
        )

    def training(self, name: str, channels: Mapping[str, Any]) -> TrainingStep:
        """The training step in the image's script mode, its code an input channel."""
        settings = self._settings
        trainer = ModelTrainer(
            role=FAKE_ROLE.format(name="TrainingRoleArn"),
            training_image=placeholder("ImageUri"),
            base_job_name="train",
            sagemaker_session=self._session,
            hyperparameters={
                "sagemaker_program": "pipeline_steps/scripts/train.py",
                "sagemaker_submit_directory": f"/opt/ml/input/data/{CODE_CHANNEL}/{placeholder('SourceFile')}",
                "learning_rate": settings.learning_rate,
                "max_iter": settings.max_iter,
                "max_leaf_nodes": settings.max_leaf_nodes,
                "seed": settings.seed,
            },
            compute=Compute(
                instance_type=settings.instance_type,
                instance_count=1,
                volume_size_in_gb=settings.volume_gb,
                volume_kms_key_id=placeholder("KmsKeyArn"),
            ),
            networking=Networking(enable_network_isolation=True),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=settings.max_runtime_s),
            output_data_config=OutputDataConfig(s3_output_path=self.uri("train", "model"), kms_key_id=placeholder("KmsKeyArn")),
            environment={"PYTHONPATH": "/opt/ml/code"},
        )
        everything = {CODE_CHANNEL: asset("SourceFile"), **channels}
        step_args = trainer.train(
            input_data_config=[InputData(channel_name=key, data_source=uri) for key, uri in everything.items()],
            wait=False,
        )
        return TrainingStep(name=name, step_args=step_args, cache_config=self._cache, retry_policies=retries())

    @staticmethod
    def uri(verb: str, key: str) -> Join:
        """Where one execution writes one output."""
        bucket = f"s3://{placeholder('ArtefactBucket')}/{layout.RUNS}"
        return Join(on="/", values=[bucket, ExecutionVariables.PIPELINE_EXECUTION_ID, verb, key])

    @staticmethod
    def output(step: ProcessingStep, key: str) -> Any:
        """The S3 location of another step's output."""
        return step.properties.ProcessingOutputConfig.Outputs[key].S3Output.S3Uri


def retries() -> list[Any]:
    """Faults of the platform are tried again, faults of the code or data are not."""
    return [
        StepRetryPolicy(
            exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
            interval_seconds=5,
            backoff_rate=2.0,
            max_attempts=4,
        ),
        SageMakerJobStepRetryPolicy(
            exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
            interval_seconds=60,
            backoff_rate=2.0,
            max_attempts=5,
        ),
    ]


def asset(file: str) -> str:
    """Where a file of ours lies after the deployment."""
    return f"s3://{placeholder('AssetBucket')}/{placeholder(file)}"


def _input(name: str, uri: Any) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"{PROCESSING}/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
        ),
    )


def _output(name: str, uri: Any) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=uri, local_path=f"{PROCESSING}/output/{name}", s3_upload_mode="EndOfJob"),
    )
