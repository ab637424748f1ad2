"""A 200 MB file is ingested in bounded memory."""

import pytest
from support import World

from cli.demo import loans

SIZE = 200 * 2**20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_200_mb_file_becomes_a_version_in_bounded_memory(world: World) -> None:
    events = world.aws.client("events")
    events.disable_rule(Name="test-local-version-created")  # the pipeline on two million rows is not the point here
    block = "".join(loans.csv_chunks(loans.generate(200_000))).encode()
    header, rows = block.split(b"\n", 1)
    content = header + b"\n" + rows * (SIZE // len(rows) + 1)
    world.land("large", ("a.csv", content))
    world.until(lambda: world.versions("large"), seconds=600)
    world.aws.settle()
    (peak,) = world.aws.glue.peak_mib.values()
    print(f"peak {peak:.0f} MiB for {len(content) / 2**20:.0f} MiB")
    assert peak < 900
    assert len(world.keys("data", "curated/")) == content.count(b"\n") // 1_000_000 + 1
