"""A person's decision: the function that verifies and records it, and the table that nothing else writes."""

from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, allow, arn, document, role_arn, use_key
from infra.platform.storage import Storage
from infra.platform.training import policy_of
from infra.platform.verb import Verb
from infra.stack import att, resource
from interfaces.contract import Contract
from interfaces.function_env import DecideEnv
from interfaces.policy import POLICY_FILE

# Everything that could change or remove a record
_WRITES = [f"dynamodb:{verb}" for verb in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")]
_WRITES += [f"dynamodb:PartiQL{verb}" for verb in ("Insert", "Update", "Delete")]


class Decide(Verb):
    """Invoked by ``loop approve`` and ``loop reject``. Who may decide is who may invoke it, and the policy's reviewers."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        names = self._names
        packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
        table = self._table()
        self._function(
            "decide",
            DecideEnv(model_package_group=names.model_package_group, decisions_table=names.decisions_table, account=ACCOUNT),
            [
                allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages]),
                allow("DecideOnPackages", ["sagemaker:UpdateModelPackage"], [packages]),
                allow("AddRecords", ["dynamodb:PutItem", "dynamodb:GetItem"], [table]),
                use_key(storage.key_arn),
            ],
            files={POLICY_FILE: policy_of(environment, contract).to_json()},
            shared=False,
        )

    def _table(self) -> str:
        """The record, one item per decision. Its own policy keeps everyone else from writing, administrators included."""
        names = self._names
        nobody_else = {
            "Sid": "OnlyDecideWrites",
            "Effect": "Deny",
            "Principal": "*",
            "Action": _WRITES,
            "Resource": arn("dynamodb", f"table/{names.decisions_table}"),
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": role_arn(names.role("decide"))}},
        }
        table = resource(
            self,
            "Decisions",
            "AWS::DynamoDB::Table",
            TableName=names.decisions_table,
            KeySchema=[{"AttributeName": "package", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("package", "at")],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": self._storage.key_arn},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            ResourcePolicy={"PolicyDocument": document(nobody_else)},
        )
        self._storage.removed_as_configured(table)
        return att(table, "Arn")
