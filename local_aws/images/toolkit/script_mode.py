"""Training as AWS's framework images start it: the user's script, or the image's own algorithm where it has one.

Standard library only. What their toolkits (sagemaker-training, sagemaker-containers) do, in their order: read the
configuration files, fetch ``sagemaker_submit_directory``, unpack it to ``/opt/ml/code``, install its requirements, run
``sagemaker_program`` with the other hyperparameters as ``--name value``, write ``/opt/ml/output/failure``.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import traceback
from pathlib import Path


def start(argument, algorithm=None):
    """Exit code of the training. ``algorithm(root, config)`` is what the image does when no script is named."""
    root = Path(argument["root"])
    try:
        return run(root, argument["isolated"], algorithm)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        if code:
            fail(root, f"ExecuteUserScriptError: exit code {code}")
        return code
    except BaseException as error:
        traceback.print_exc()
        fail(root, f"{type(error).__name__}: {error}")
        return 1


def run(root, isolated, algorithm):
    config = {
        name: json.loads((root / "input" / "config" / f"{name}.json").read_text())
        for name in ("hyperparameters", "inputdataconfig", "resourceconfig")
    }
    # where there are no namespaces, /opt/ml is elsewhere, and the configuration still speaks of it
    given = {k: decode(v.replace("/opt/ml", str(root))) for k, v in config["hyperparameters"].items()}
    program = given.pop("sagemaker_program", None) or os.environ.get("SAGEMAKER_PROGRAM")
    submitted = given.pop("sagemaker_submit_directory", None) or os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or str(root / "code")
    user = {k: v for k, v in given.items() if not k.startswith("sagemaker_") and k != "_tuning_objective_metric"}
    if not program and algorithm is None:
        raise ValueError("sagemaker_program is not set: the image has no algorithm of its own")
    if not program:
        os.environ.update(environment(root, config, user, None))
        algorithm(root, config)
        return 0
    code = root / "code"
    unpack(submitted, code, isolated)
    requirements = code / "requirements.txt"
    if requirements.is_file():
        subprocess.run([sys.executable, "-m", "pip", "install", "-r", str(requirements)], check=True)
    os.environ.update(environment(root, config, user, program))
    arguments = [part for name, value in user.items() for part in (f"--{name}", value if isinstance(value, str) else json.dumps(value))]
    print(f"Invoking script with the following command:\n\npython {program} {' '.join(arguments)}\n", flush=True)
    os.chdir(code)
    sys.argv = [str(code / program), *arguments]
    sys.path.insert(0, str(code))
    runpy.run_path(str(code / program), run_name="__main__")
    return 0


def decode(value):
    try:
        return json.loads(value)
    except ValueError:
        return value


def unpack(uri, code, isolated):
    code.mkdir(parents=True, exist_ok=True)
    if uri.startswith("s3://"):
        if isolated:
            raise OSError(f"cannot download {uri}: the container has no network (EnableNetworkIsolation); pass the code as a channel")
        import boto3

        bucket, _, key = uri[5:].partition("/")
        uri = "/tmp/sourcedir.tar.gz" if not os.access(code.parent, os.W_OK) else str(code.parent / "sourcedir.tar.gz")
        boto3.client("s3").download_file(bucket, key, uri)
    path = Path(uri)
    if path.is_dir():
        if path != code:
            shutil.copytree(path, code, dirs_exist_ok=True)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(code, filter="data")
    else:
        shutil.copy2(path, code)


def environment(root, config, user, program):
    channels = config["inputdataconfig"]
    resources = config["resourceconfig"]
    env = {
        "SM_MODEL_DIR": str(root / "model"),
        "SM_OUTPUT_DIR": str(root / "output"),
        "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
        "SM_INPUT_DIR": str(root / "input"),
        "SM_INPUT_CONFIG_DIR": str(root / "input" / "config"),
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(user),
        "SM_HOSTS": json.dumps(resources["hosts"]),
        "SM_CURRENT_HOST": resources["current_host"],
        "SM_CURRENT_INSTANCE_TYPE": resources["current_instance_type"],
        "SM_NUM_CPUS": str(os.cpu_count()),
        "SM_NUM_GPUS": "0",
        "SM_RESOURCE_CONFIG": json.dumps(resources),
    }
    if program:
        env |= {"SM_USER_ENTRY_POINT": program, "SM_MODULE_NAME": program.removesuffix(".py")}
    env |= {f"SM_CHANNEL_{name.upper()}": str(root / "input" / "data" / name) for name in channels}
    return env | {f"SM_HP_{k.upper()}": v if isinstance(v, str) else json.dumps(v) for k, v in user.items()}


def fail(root, reason):
    path = root / "output" / "failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():  # the script's own words come first
        path.write_text(reason[:1024])
