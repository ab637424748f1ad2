"""The entry of the steps archive turns a refusal into the job's exit message."""

import pytest

from pipeline_steps.scripts.__main__ import main


def test_a_verb_is_run(finished, folders, message):
    main(["validate", "--manifest", finished.manifest, "--dataset", finished.dataset, "--output", folders.out])
    assert (folders.root / "out" / "validation.json").is_file()
    assert not message.exists()


@pytest.mark.parametrize("argv", [["trian"], []])
def test_an_unknown_verb_lists_the_known_ones(argv, message):
    with pytest.raises(SystemExit):
        main(argv)
    assert message.read_text() == f"unknown step {argv}; allowed: validate, features, evaluate, baseline, monitor, collect"


def test_a_refusal_reaches_the_exit_message(rows, folders, write_version, message):
    write_version(folders, rows, rows=601)
    with pytest.raises(SystemExit):
        main(["validate", "--manifest", folders.manifest, "--dataset", folders.dataset, "--output", folders.out])
    assert message.read_text() == "validate: dataset v1: the manifest promises 601 rows, the files hold 600"


def test_a_broken_contract_reaches_the_exit_message(contract, rows, folders, write_version, message):
    write_version(folders, rows, contract=contract.to_dict() | {"target": "gone"})
    with pytest.raises(SystemExit):
        main(["validate", "--manifest", folders.manifest, "--dataset", folders.dataset, "--output", folders.out])
    assert message.read_text().startswith("validate: contract of v1: target: found 'gone'; allowed: one of age,")
