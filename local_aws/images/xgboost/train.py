"""Stand-in for the XGBoost image's training start: the user's script where one is named, else algorithm mode."""

from ..toolkit import script_mode


def start(argument, descriptors):
    return script_mode.start(argument, algorithm)


def algorithm(root, config):
    from .algorithm import train

    train(root, config)
