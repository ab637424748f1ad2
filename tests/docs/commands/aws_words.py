"""Run by the aws CLI's own Python: the words of a command, a JSON list a line, in; what the CLI does not know of them out."""

import json
import sys

from awscli.clidriver import create_clidriver


def fault(driver, words):
    """The first service, operation or option that the CLI does not have, or a required option that is left out; else nothing."""
    commands, path = driver._get_command_table(), []
    while words and words[0] in commands:
        command = commands[words[0]]
        path, words = [*path, words[0]], words[1:]
        commands = _below(command)
        if not commands:
            return _options(driver, command.arg_table, words, " ".join(path))
    return f"'{' '.join(path)}' has no '{words[0] if words else ''}'"


def _options(driver, arguments, words, name):
    flags = {n for n, a in arguments.items() if a.cli_name.startswith("--")}
    given = {w.partition("=")[0].removeprefix("--") for w in words if w.startswith("--")}
    known = flags | set(driver._get_argument_table())
    unknown = sorted(given - known)
    missing = sorted(n for n in flags - given if getattr(arguments[n], "required", False))
    if unknown:
        return f"'{name}' has no option --{unknown[0]}"
    return f"'{name}' needs --{missing[0]}" if missing else ""


def _below(command):
    if hasattr(command, "_get_command_table"):
        return command._get_command_table()
    return getattr(command, "subcommand_table", {})


def main():
    driver = create_clidriver()
    for line in sys.stdin:
        print(fault(driver, json.loads(line)))


main()
