"""Which crash points are tried: all with CRASH_POINTS=all (`make test-crash-points`, and what runs on main), else a seeded sample."""

import os
from random import Random

SHARE = 0.3


def tried(what: str, call: int, when: str, share: float = SHARE) -> bool:
    """Always the first call; of the others each is drawn by itself, so that a call more does not draw the rest anew.

    CRASH_SEED draws other ones.
    """
    if call == 1 or os.environ.get("CRASH_POINTS") == "all":
        return True
    return Random(f"{os.environ.get('CRASH_SEED', '1')} {what} {call} {when}").random() < share
