"""The Glue catalog and the job that turns a landed drop into a dataset version."""

from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import assets
from infra.environment import Environment
from infra.iam import ACCOUNT, allow, arn, role, s3_arn, use_key
from infra.platform.storage import GLUE_LOGS, Storage
from infra.stack import publish
from interfaces import layout
from interfaces.contract import GLUE_TYPES, Contract
from interfaces.events import SOURCE
from interfaces.names import CURATED_TABLE


class Catalog(Construct):
    """Database, curated table and ingest job."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id)
        self._environment, self._contract, self._storage = environment, contract, storage
        names = environment.names
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=ACCOUNT,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=names.glue_database, description=f"Datasets of {names.prefix}"),
        )
        self._table(database)
        self._job()

    def _table(self, database: glue.CfnDatabase) -> None:
        glue.CfnTable(
            self,
            "Curated",
            catalog_id=ACCOUNT,
            database_name=database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name=CURATED_TABLE,
                description=f"Rows that hold the contract {self._contract.name}, a partition per dataset version",
                table_type="EXTERNAL_TABLE",
                parameters={"classification": "parquet"},
                partition_keys=[glue.CfnTable.ColumnProperty(name=layout.PARTITION_KEY, type="string")],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[glue.CfnTable.ColumnProperty(name=c.name.lower(), type=GLUE_TYPES[c.type]) for c in self._contract.columns],
                    location=f"s3://{self._storage.data}/{layout.CURATED}",
                    input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                        parameters={"serialization.format": "1"},
                    ),
                ),
            ),
        )

    def _job(self) -> None:
        shipped = (assets.ingest_script(), assets.ingest_library(), assets.glue_wheels(), assets.text(self._contract.to_toml(), ".toml"))
        script, library, wheels, contract = located = [publish(self, asset) for asset in shipped]
        ingest = self._environment.ingest
        names, key = self._environment.names, self._storage.key_arn
        security = glue.CfnSecurityConfiguration(
            self,
            "Security",
            name=f"{names.ingest_job}-security",
            encryption_configuration=glue.CfnSecurityConfiguration.EncryptionConfigurationProperty(
                s3_encryptions=[glue.CfnSecurityConfiguration.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=key)],
                cloud_watch_encryption=glue.CfnSecurityConfiguration.CloudWatchEncryptionProperty(
                    cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key
                ),
                job_bookmarks_encryption=glue.CfnSecurityConfiguration.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key
                ),
            ),
        )
        glue.CfnJob(
            self,
            "Ingest",
            name=names.ingest_job,
            description="Landing drop to immutable dataset version",
            role=self._role(located).attr_arn,
            glue_version="5.1",
            worker_type=ingest.worker_type,
            number_of_workers=ingest.workers,
            timeout=ingest.timeout_minutes,
            max_retries=0,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=3),
            security_configuration=security.ref,
            command=glue.CfnJob.JobCommandProperty(name="glueetl", python_version="3", script_location=script.uri),
            default_arguments={
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

    def _role(self, code_files: list[assets.Location]) -> iam.CfnRole:
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
