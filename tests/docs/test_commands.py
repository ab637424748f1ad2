"""Every command that README, guides and runbooks print is one that the aws CLI, loop and make have, and none is forgotten.

What they do when they are run is in test_runbooks.py and test_guides.py.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from cli.main import app
from tests.docs.commands.blocks import GUIDES, PAGES, ROOT, RUNBOOKS, Command, blocks, commands, lines
from tests.docs.commands.exceptions import ELSEWHERE, NOT_RUN
from tests.docs.test_guides import RUN
from tests.docs.test_runbooks import SITUATIONS

AWS = [str(ROOT / ".envs" / "awscli" / "bin" / "python"), str(ROOT / "tests" / "docs" / "commands" / "aws_words.py")]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SECTIONS = ["Look", "Decide", "Act", "Afterwards"]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Command]]:
    """The commands of every page."""
    folder = tmp_path_factory.mktemp("printed")
    return {name(page): commands("\n".join(blocks(page)), folder) for page in PAGES if blocks(page)}


def faults(calls: list[list[str]]) -> list[str]:
    """What the aws CLI does not know of each."""
    asked = "".join(json.dumps(words) + "\n" for words in calls)
    done = subprocess.run(AWS, input=asked, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def loop_fault(words: list[str]) -> str:
    """What loop would refuse of its words, before it does anything."""
    command: Any = typer.main.get_command(app)
    path = "loop"
    try:
        while hasattr(command, "commands"):
            path, word, words = f"{path} {words[0]}", words[0], words[1:]
            if word not in command.commands:
                return f"{path} is no command"
            command = command.commands[word]
        command.make_context(path, list(words))
    except TyperException as error:
        return f"{path}: {error}"
    return ""


def test_every_aws_command_is_one_of_the_aws_cli(printed: dict[str, list[Command]]) -> None:
    calls = [(page, list(c.words[1:])) for page, found in printed.items() for c in found if c.words[0] == "aws"]
    assert len(calls) > 100
    wrong = [f"{page}: {fault}" for (page, _), fault in zip(calls, faults([words for _, words in calls]), strict=True) if fault]
    assert wrong == []


def test_every_loop_command_is_one_of_loop(printed: dict[str, list[Command]]) -> None:
    calls = [(page, list(c.words[1:])) for page, found in printed.items() for c in found if c.words[0] == "loop"]
    assert len(calls) > 50
    assert [f"{page}: {fault}" for page, words in calls if (fault := loop_fault(words))] == []


def test_every_recipe_is_one_of_the_makefile(printed: dict[str, list[Command]]) -> None:
    named = {c.words[1] for found in printed.values() for c in found if c.words[0] == "make"}
    assert "demo" in named and named <= TARGETS


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["sagemaker", "describe-endpoint", "--endpoint-name", "x", "--query", "y"], ""),
        (["s3", "cp", "a", "b", "--recursive"], ""),
        (["lambda", "invoke", "--function-name", "f", "answer.json"], ""),
        (["sagemaker", "describe-endpoints"], "'sagemaker' has no 'describe-endpoints'"),
        (["sagemaker", "describe-endpoint", "--name", "x"], "'sagemaker describe-endpoint' has no option --name"),
        (["sqs", "purge-queue"], "'sqs purge-queue' needs --queue-url"),
    ],
)
def test_a_wrong_aws_command_is_found(words: list[str], fault: str) -> None:
    assert faults([words]) == [fault]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["rollback", "--environment", "a-b", "--reason", "x"], ""),
        (["roll-back"], "loop roll-back is no command"),
        (["rollback", "--environment", "a-b"], "loop rollback: Missing parameter: reason"),
        (["approve", "x", "--environment", "a-b", "--reason", "y"], "loop approve: Input should be a valid integer"),
    ],
)
def test_a_wrong_loop_command_is_found(words: list[str], fault: str) -> None:
    assert loop_fault(words).startswith(fault) and bool(loop_fault(words)) == bool(fault)


def test_the_shell_finds_commands_wherever_they_stand(tmp_path: Path) -> None:
    text = 'A=$(aws s3 ls x)\nfor B in 1 2; do loop runs "$B $A" | cat; done\n'
    found = [c.words for c in commands(text, tmp_path)]
    assert found == [("aws", "s3", "ls", "x"), ("loop", "runs", "1 1"), ("loop", "runs", "2 1")]


def test_lines_are_whole_commands() -> None:
    text = "# what\nA=1   # why\naws x \\\n  --y\nfor B in 1; do\n  loop z\ndone\ncat > f <<'END'\n# kept\nEND\n"
    assert lines(text) == ["A=1", "aws x \\\n  --y", "for B in 1; do\n  loop z\ndone", "cat > f <<'END'\n# kept\nEND"]


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda p: p.stem)
def test_a_runbook_looks_decides_and_acts_with_commands(page: Path) -> None:
    text = page.read_text()
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections == SECTIONS[: len(sections)] and len(sections) >= 3
    look, act = (text.partition(f"\n## {section}\n")[2].partition("\n## ")[0] for section in ("Look", "Act"))
    assert look.strip().startswith("```sh\nENV=loans-dev\n"), "the first block of a page says which environment"
    assert "```sh\n" in act
    assert len(text.splitlines()) <= 60, "a page is read at night"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_command_stands_outside_a_block(page: Path) -> None:
    """A command that is indented only would neither be run nor missed."""
    bare = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    assert re.findall(r"^ {4,}(?:\.venv/bin/)?(?:aws|loop|make|cdk) .*$", bare, re.MULTILINE) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_that_the_prose_names_exist(page: Path) -> None:
    """`loop verb` and `aws service operation`, with or without what follows."""
    bare = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    spans = [span.split() for span in re.findall(r"`((?:loop|aws) [a-z][^`]*)`", bare)]
    command: Any = typer.main.get_command(app)
    assert {words[1] for words in spans if words[0] == "loop"} <= set(command.commands)
    operations = [words[1:3] for words in spans if words[0] == "aws" and len(words) > 2]
    assert [fault for fault in (faults(operations) if operations else []) if " has no " in fault] == []


def test_every_page_with_commands_is_run_somewhere() -> None:
    with_commands = {page.name for page in PAGES if page not in RUNBOOKS and [line for b in blocks(page) for line in lines(b)]}
    only_listed = {n for n in with_commands if all(line in NOT_RUN for b in blocks(GUIDES[n]) for line in lines(b))}
    assert with_commands - only_listed == RUN
    assert {page.stem for page in RUNBOOKS} == set(SITUATIONS)
    titled = {page.name for page in PAGES if "```sh title=" in page.read_text()}
    assert titled == set(ELSEWHERE) and all((ROOT / where).exists() for where in ELSEWHERE.values())


def test_what_is_not_run_is_printed_somewhere_and_says_why() -> None:
    everything = {line for page in PAGES for block in blocks(page) for line in lines(block)}
    assert set(NOT_RUN) <= everything
    assert all(len(reason.split()) > 3 for reason in NOT_RUN.values())
    assert not [line for page in RUNBOOKS for block in blocks(page) for line in lines(block) if line in NOT_RUN]
