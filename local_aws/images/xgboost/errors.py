"""What stops the XGBoost stand-in: a mistake that its user can mend, or something that it does not do."""


class UserError(ValueError):
    """Input or hyperparameters that the image refuses."""


class NotHere(NotImplementedError):
    """The image does it and the stand-in does not."""

    def __init__(self, what):
        super().__init__(f"the stand-in of the local AWS does not do {what}")


class AlgorithmError(RuntimeError):
    """XGBoost itself failed."""
