"""Stand-in for the scikit-learn image's serving start: the user's handlers, with the image's defaults for what they leave out."""

from ..toolkit import handlers
from . import default_handlers as image


def start(argument, descriptors):
    defaults = {"input_fn": image.default_input, "predict_fn": image.default_predict, "output_fn": image.default_output}
    return handlers.start(argument, defaults)
