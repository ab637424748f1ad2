"""Compile the pipeline definition: no credentials, no network, the same bytes every time.

Run as ``python -m pipeline_steps.definition.compile SETTINGS_JSON``; prints the definition.
"""

import json
import os
import re
import sys
import warnings
from typing import Any
from unittest import mock

from interfaces.pipeline_settings import PLACEHOLDERS, PipelineSettings, placeholder

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "compile",
    "AWS_SECRET_ACCESS_KEY": "compile",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_VALIDATE_ROLE": "false",
    "SAGEMAKER_TELEMETRY_OPT_OUT": "1",
}


class CompileError(RuntimeError):
    """The compiled definition holds something that no deployment could fill in."""


def compile_definition(settings: PipelineSettings) -> str:
    """The definition as canonical JSON with ``${Name}`` placeholders.

    Importing the SDK takes seconds: callers go through the cache in infra/ instead.
    """
    with mock.patch.dict(os.environ, _ENVIRONMENT), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in [n for n in os.environ if n.startswith("AWS_PROFILE") or n == "AWS_ENDPOINT_URL"]:
            del os.environ[name]
        text = _compile(settings)
    text = re.sub(r"arn:aws:iam::111111111111:role/(\w+)", lambda m: placeholder(m[1]), text)
    # the SDK writes the session's region into the container's environment
    text = text.replace('"SAGEMAKER_REGION": "us-east-1"', f'"SAGEMAKER_REGION": "{placeholder("Region")}"')
    _check(text)
    return json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def _compile(settings: PipelineSettings) -> str:
    from moto import mock_aws

    with mock_aws():
        import boto3
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        from pipeline_steps.definition.pipeline import build

        session: Any = PipelineSession(
            boto_session=boto3.Session(region_name="us-east-1"),
            default_bucket="unused-by-this-definition",
        )
        return str(build(settings, session).definition())


def _check(text: str) -> None:
    unknown = set(re.findall(r"\$\{(\w+)\}", text)) - set(PLACEHOLDERS)
    if unknown:
        raise CompileError(f"placeholders that infra/ does not fill: {', '.join(sorted(unknown))}")
    for leak in ("111111111111", "unused-by-this-definition", "123456789012", "us-east-1"):
        if leak in text:
            raise CompileError(f"the definition depends on {leak!r}: a value of the machine that compiled it")


if __name__ == "__main__":
    sys.stdout.write(compile_definition(PipelineSettings(**json.loads(sys.argv[1]))))
