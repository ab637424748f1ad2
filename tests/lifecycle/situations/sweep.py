"""What the sweep function is told once a day, when something is left behind."""

from typing import Any

from situations.kind import NUMBERS, Situation, event
from support import NAMES, World

from interfaces import events
from interfaces.names import VARIANT


def something_is_left_behind(world: World) -> Situation:
    sagemaker, s3, number = world.aws.client("sagemaker"), world.aws.client("s3"), next(NUMBERS)
    package = world.stack(NAMES.serving_stack)["ModelPackageArn"]
    role = sagemaker.describe_model(ModelName=sagemaker.list_models(SortBy="CreationTime")["Models"][0]["ModelName"])["ExecutionRoleArn"]
    model, config = NAMES.model(number), f"{NAMES.endpoint_config(number)}-old"
    sagemaker.create_model(ModelName=model, ExecutionRoleArn=role, Containers=[{"ModelPackageName": package}])
    variant = {"VariantName": VARIANT, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    s3.put_object(Bucket=world.buckets["artefacts"], Key=f"runs/left-{number}/model.tar.gz", Body=b"x")
    functions, name = world.aws.client("lambda"), NAMES.function("sweep")
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**variables, "RETENTION_DAYS": "0"}})

    def state() -> dict[str, Any]:
        configs = [c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
        models = [m["ModelName"] for m in sagemaker.list_models()["Models"]]
        return {
            "left": (config in configs, model in models, bool(world.keys("artefacts", f"runs/left-{number}/"))),
            "serves": world.endpoint()["EndpointConfigName"] in configs,
        }

    return Situation(event(events.SWEEP), state)
