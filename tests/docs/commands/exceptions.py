"""What the pages print and these tests do not run, each with its reason. Nothing else is left out."""

_ACCOUNT = "deploys to, or asks, the account of the shell; "

NOT_RUN = {
    "make demo": "installs from the lock files; tests/cli/test_main.py runs the demo",
    "make test": "is what runs the everyday tests",
    "make synth": "writes into the clone; .ci/run runs it",
    "make synth ENVIRONMENT=dev": "writes into the clone; .ci/run runs it",
    "make deploy ENVIRONMENT=dev": _ACCOUNT + "tests/clients/test_cdk.py deploys with the CDK CLI to a local AWS",
    "make diff ENVIRONMENT=dev": _ACCOUNT + "tests/docs/test_workflows.py runs its report",
    "make preflight ENVIRONMENT=dev": _ACCOUNT + "tests/cli/preflight runs its checks on a local AWS with faults planted",
    "make integration ENVIRONMENT=dev": _ACCOUNT + "tests/lifecycle/test_operations.py runs it against a local AWS",
    'make cdk ARGS="bootstrap aws://ACCOUNT/REGION"': _ACCOUNT + "tests/clients/test_cdk.py bootstraps a local AWS",
    'make cdk ARGS="bootstrap aws://123456789012/us-east-1"': "takes a server of its own: tests/clients/test_cdk.py does it",
    'make cdk ARGS="deploy --all -c environment=dev"': "takes a server of its own: tests/clients/test_cdk.py does it",
    ".venv/bin/loop up": "serves until it is stopped: tests/clients/test_up.py",
    'make delivery ARGS="diff" DELIVERY=delivery.toml': _ACCOUNT + "tests/infra/delivery synthesizes the stack",
    'make delivery ARGS="deploy" DELIVERY=delivery.toml': _ACCOUNT + "tests/infra/delivery synthesizes the stack",
    "loop verify --environment loans-sandbox": "wants an environment in which nothing is released: tests/lifecycle/test_verify.py",
    "loop destroy --environment loans-dev": "asks a person, and takes the environment away: tests/lifecycle/test_operations.py",
}
# Pages whose titled blocks another test runs
ELSEWHERE = {"invoking.md": "tests/docs/test_invoking.py"}
