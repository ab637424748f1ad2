"""The Glue catalog and the job that turns a landed drop into a dataset version."""

from constructs import Construct

from infra import assets
from infra.environment import Environment
from infra.iam import ACCOUNT, allow, arn, role, s3_arn, use_key
from infra.platform.storage import GLUE_LOGS, Storage
from infra.stack import publish, resource
from interfaces import layout
from interfaces.contract import GLUE_TYPES, Contract
from interfaces.events import SOURCE
from interfaces.names import CURATED_TABLE


class Catalog(Construct):
    """Database, curated table and ingest job."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id)
        self._environment, self._contract, self._storage = environment, contract, storage
        self._database()
        self._job()

    def _database(self) -> None:
        names, data = self._environment.names, self._storage.data
        database = {"Name": names.glue_database, "Description": f"Datasets of {names.prefix}"}
        columns = [{"Name": c.name.lower(), "Type": GLUE_TYPES[c.type]} for c in self._contract.columns]
        table = {
            "Name": CURATED_TABLE,
            "Description": f"Rows that hold the contract {self._contract.name}, a partition per dataset version",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "PartitionKeys": [{"Name": layout.PARTITION_KEY, "Type": "string"}],
            "StorageDescriptor": {
                "Columns": columns,
                "Location": f"s3://{data}/{layout.CURATED}",
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                    "Parameters": {"serialization.format": "1"},
                },
            },
        }
        created = resource(self, "Database", "AWS::Glue::Database", CatalogId=ACCOUNT, DatabaseInput=database)
        resource(self, "Curated", "AWS::Glue::Table", CatalogId=ACCOUNT, DatabaseName=created.ref, TableInput=table)

    def _job(self) -> None:
        shipped = (assets.ingest_script(), assets.ingest_library(), assets.glue_wheels(), assets.text(self._contract.to_toml(), ".toml"))
        script, library, wheels, contract = located = [publish(self, asset) for asset in shipped]
        ingest = self._environment.ingest
        names, key = self._environment.names, self._storage.key_arn
        security = resource(
            self,
            "Security",
            "AWS::Glue::SecurityConfiguration",
            Name=f"{names.ingest_job}-security",
            EncryptionConfiguration={
                "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}],
                "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": key},
                "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": key},
            },
        )
        resource(
            self,
            "Ingest",
            "AWS::Glue::Job",
            Name=names.ingest_job,
            Description="Landing drop to immutable dataset version",
            Role=self._role(located),
            GlueVersion="5.1",
            WorkerType=ingest.worker_type,
            NumberOfWorkers=ingest.workers,
            Timeout=ingest.timeout_minutes,
            MaxRetries=0,
            ExecutionProperty={"MaxConcurrentRuns": 3},
            SecurityConfiguration=security.ref,
            Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": script.uri},
            DefaultArguments={
                "--extra-py-files": library.uri,
                "--additional-python-modules": wheels.uri,
                "--python-modules-installer-option": "--no-index",
                "--job-language": "python",
                "--contract": contract.uri,
                "--landing_bucket": self._storage.landing,
                "--data_bucket": self._storage.data,
                "--database": names.glue_database,
                "--table": CURATED_TABLE,
                "--max_bad_share": str(ingest.max_bad_share),
            },
        )

    def _role(self, code_files: list[assets.Location]) -> str:
        names, storage = self._environment.names, self._storage
        landing, data = storage.landing, storage.data
        written = [s3_arn(data, f"{p}*") for p in (layout.CURATED, layout.MANIFESTS, layout.QUARANTINE, layout.REFUSED)]
        code = sorted({s3_arn(a.bucket, a.key) for a in code_files})
        catalog = ["catalog", f"database/{names.glue_database}", f"table/{names.glue_database}/{CURATED_TABLE}"]
        return role(
            self,
            "IngestJobRole",
            name=names.role("ingest-job"),
            service="glue.amazonaws.com",
            purpose="The ingest job: reads drops, writes dataset versions",
            statements=[
                allow("ReadCode", ["s3:GetObject"], code),
                allow("ReadDrops", ["s3:GetObject"], [s3_arn(landing, f"{layout.DROPS}*")]),
                allow("ListDrops", ["s3:ListBucket"], [s3_arn(landing)], {"StringLike": {"s3:prefix": f"{layout.DROPS}*"}}),
                allow("WriteVersions", ["s3:PutObject"], written),
                allow("ReadManifests", ["s3:GetObject"], [s3_arn(data, f"{p}*") for p in (layout.MANIFESTS, layout.REFUSED)]),
                # without ListBucket a missing manifest answers 403 instead of 404
                allow(
                    "FindManifests",
                    ["s3:ListBucket"],
                    [s3_arn(data)],
                    {"StringLike": {"s3:prefix": [f"{layout.MANIFESTS}*", f"{layout.REFUSED}*"]}},
                ),
                use_key(storage.key_arn),
                allow("AddPartition", ["glue:GetTable", "glue:BatchCreatePartition"], [arn("glue", c) for c in catalog]),
                allow(
                    "ReportVersion", ["events:PutEvents"], [arn("events", "event-bus/default")], {"StringEquals": {"events:source": SOURCE}}
                ),
                allow(
                    "WriteLogs",
                    # the log group is Glue's to create, so its encryption is the job's to ask for
                    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
                    [arn("logs", GLUE_LOGS)],
                ),
            ],
        )
