"""The seam's third part: what moto's backends hold, out of them and back into them."""

from collections import defaultdict
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from moto import backends

from local_aws.moto_seam import LOCK

# backends whose state is saved; the names are moto's
_KEPT_BACKENDS = (
    "applicationautoscaling", "cloudwatch", "dynamodb", "ecr", "glue", "iam", "kms", "logs", "s3", "sqs", "ssm", "sts",
)  # fmt: skip


def state() -> dict[str, Any]:
    """Everything that the backends of our services hold: name → account → region → backend."""
    with LOCK:
        return {name: {account: dict(regions) for account, regions in backends.get_backend(name).items()} for name in _KEPT_BACKENDS}


def set_state(content: dict[str, Any]) -> None:
    """Put back what `state` gave, into the backends that exist: others hold references to them."""
    with LOCK:
        for name, accounts in content.items():
            for account, regions in accounts.items():
                for region, saved in regions.items():
                    backends.get_backend(name)[account][region].__dict__.update(saved.__dict__)


def reduce(value: Any) -> Any:
    """How to pickle what moto holds and pickle cannot: private keys, dictionaries of its own. None for anything else."""
    if isinstance(value, RSAPrivateKey | EllipticCurvePrivateKey):
        plain = value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return _private_key, (plain,)
    if isinstance(value, defaultdict) and type(value) is not defaultdict:  # its own __init__ wants arguments
        return type(value).__new__, (type(value),), value.__dict__, None, iter(value.items())
    return None


def _private_key(plain: bytes) -> Any:
    return load_der_private_key(plain, None)
