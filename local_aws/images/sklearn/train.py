"""Stand-in for the scikit-learn image's training start: script mode, and nothing else."""

from ..toolkit import script_mode


def start(argument, descriptors):
    return script_mode.start(argument)
