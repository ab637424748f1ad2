"""Logger, tracer, metrics and idempotency of every function, from Powertools."""

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig

logger = Logger()
tracer = Tracer()
metrics = Metrics()


def once(table: str, key: str, *, hours: int = 24) -> tuple[DynamoDBPersistenceLayer, IdempotencyConfig]:
    """Persistence and configuration for ``@idempotent_function`` with a business key.

    ``key`` is a JMESPath into the call's data. Powertools' record expires; the effects themselves are
    idempotent as well (client tokens, conditional writes), so a record lost is no harm.
    """
    layer = DynamoDBPersistenceLayer(table_name=table, key_attr="pk", expiry_attr="expires_at")
    config = IdempotencyConfig(event_key_jmespath=key, expires_after_seconds=hours * 3600, raise_on_no_idempotency_key=True)
    return layer, config
