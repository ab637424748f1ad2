"""Files for a batch are checked whole before anything is sent, and sent as the model reads them."""

from pathlib import Path
from typing import Any

import pytest

from cli.batch import Job, answers, count, parts, run
from cli.errors import RunFailed, TableError
from cli.progress import Progress
from interfaces.contract import Contract
from interfaces.names import Names

JOB = Job("shop-dev-batch-1", "m", "ml.m5.large", 1, "data", "arn:key")


def row(contract: Contract, **cells: str) -> dict[str, str]:
    return {c.name: "1" for c in contract.features} | cells


def table(path: Path, names: list[str], *rows: list[str]) -> Path:
    path.write_text("\n".join(",".join(cells) for cells in (names, *rows)) + "\n")
    return path


def test_columns_come_in_the_models_order_and_others_stay_out(contract: Contract, tmp_path: Path) -> None:
    names = [c.name for c in contract.features]
    cells = {name: str(i) for i, name in enumerate(names)}
    shuffled = [*reversed(names), "note"]
    path = table(tmp_path / "rows.csv", shuffled, *[[cells.get(name, "left out") for name in shuffled]] * 5)
    expected = ",".join(cells[name] for name in names) + "\n"
    assert list(parts(path, contract, rows=2)) == [expected.encode() * 2, expected.encode() * 2, expected.encode()]
    assert count(path, contract) == 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", r"rows.csv: the header lacks .*; found: a, b; expected: "),
        ("", "found: nothing"),
        ("{names}\n", "a header and no rows"),
        ("{names}\n{cells}\n1,2\n", r"row 2 has 2 values; the header has \d+"),
        ('{names}\n"x\ny"{rest}\n', "row 1, column .*: a value has a line break"),
        ('{names}\n"1"x{rest}\n', "not CSV"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(contract: Contract, tmp_path: Path, content: str, words: str) -> None:
    names = [c.name for c in contract.features]
    cells = ["1"] * len(names)
    path = tmp_path / "rows.csv"
    path.write_text(content.format(names=",".join(names), cells=",".join(cells), rest="," + ",".join(cells[1:])))
    with pytest.raises(TableError, match=words):
        count(path, contract)


class Cloud:
    """Enough of S3 and SageMaker: a job that ends as it is told to."""

    def __init__(self, *states: str) -> None:
        self.states, self.sent, self.asked = list(states), [], {}  # type: ignore[var-annotated]

    def __call__(self, _: str) -> Any:
        return self

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.sent.append((Key, Body))

    def create_transform_job(self, **asked: Any) -> None:
        self.asked = asked

    def describe_transform_job(self, TransformJobName: str) -> dict[str, str]:  # noqa: N803
        return {"TransformJobStatus": self.states.pop(0), "FailureReason": "AlgorithmError: row 3"}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        class Body:
            def iter_lines(self) -> list[bytes]:
                return [Key.encode()]

        return {"Body": Body()}


def test_a_job_is_captured_with_ids_and_its_answers_come_in_order(contract: Contract) -> None:
    cloud, pauses = Cloud("InProgress", "InProgress", "Completed"), []  # type: ignore[var-annotated]
    sent = run(cloud, Names("shop", "dev"), JOB, iter([b"1\n", b"2\n"]), Progress(as_json=True), pauses.append)
    assert [key for key, _ in cloud.sent] == [f"batch/input/shop-dev-batch-1/part-0000{i}.csv" for i in (0, 1)]
    capture = cloud.asked["DataCaptureConfig"]
    assert (capture["DestinationS3Uri"], capture["GenerateInferenceId"]) == ("s3://data/capture/shop-dev-batch", True)
    assert sent == len(pauses) == 2 and pauses[1] > pauses[0]
    lines = list(answers(cloud, JOB, sent, contract))
    assert lines[0].endswith("inference_id,inference_time\n")
    assert lines[1:] == [f"batch/output/shop-dev-batch-1/part-0000{i}.csv.out\n" for i in (0, 1)]


def test_a_job_that_fails_ends_the_run_with_its_reason_and_log() -> None:
    with pytest.raises(RunFailed, match=r"AlgorithmError: row 3\nits log: /aws/sagemaker/TransformJobs"):
        run(Cloud("Failed"), Names("shop", "dev"), JOB, iter([b"1\n"]), Progress(as_json=True), lambda _: None)
