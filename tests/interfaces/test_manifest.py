"""The manifest brings everything back, and a version id follows from content alone."""

from interfaces.contract import Contract, from_dict
from interfaces.manifest import Manifest, content_hash, version_id

FILES = [("a.csv", "11"), ("b.csv", "22")]


def manifest(contract: Contract) -> Manifest:
    return Manifest(
        "v1", "drop", "ab", contract.fingerprint(), 90, 10, "2026-11-01T00:00:00Z", ("x.parquet",), {"age": 3}, contract.to_dict()
    )


def test_round_trip_keeps_every_field(contract):
    written = manifest(contract)
    assert Manifest.from_json(written.to_json()) == written
    assert Manifest.from_json(written.to_json().encode()) == written


def test_contract_keeps_the_column_order_of_its_file(contract):
    again = from_dict(Manifest.from_json(manifest(contract).to_json()).contract)
    assert [c.name for c in again.features] == ["seen_at", "price", "age", "city", "gender", "member"]
    assert again.fingerprint() == contract.fingerprint()


def test_content_hash_ignores_the_order_of_files():
    assert content_hash(FILES, "f") == content_hash(FILES[::-1], "f")


def test_content_hash_notices_name_content_contract_and_number_of_files():
    changed = [
        content_hash([("c.csv", "11"), FILES[1]], "f"),
        content_hash([("a.csv", "12"), FILES[1]], "f"),
        content_hash(FILES, "g"),
        content_hash(FILES[:1], "f"),
        content_hash([*FILES, FILES[0]], "f"),
    ]
    assert len({content_hash(FILES, "f"), *changed}) == 6


def test_version_id_is_short_and_differs_with_content():
    first, second = version_id(content_hash(FILES, "f")), version_id(content_hash(FILES, "g"))
    assert first != second
    assert len(first) == 17
    assert first.startswith("v")
