"""Work that is parked does not count as under way, and counts again before what woke it has ended."""

import threading

from local_aws.background import Background


def test_parked_work_is_idle_until_it_is_poked() -> None:
    background, ready, done = Background(), threading.Event(), threading.Event()
    background.submit(lambda: (background.park(ready.is_set), done.wait(10)))  # type: ignore[func-returns-value]
    assert background.wait_idle(5) and not ready.is_set()
    ready.set()
    background.poke()
    assert background.active == 1  # at once: there is no moment at which nothing seems to go on
    done.set()
    assert background.wait_idle(5) and not background.failures


def test_a_poke_that_changes_nothing_parks_it_again() -> None:
    background, asked, ready = Background(), [], threading.Event()
    background.submit(lambda: background.park(lambda: asked.append(1) or ready.is_set()))  # type: ignore[func-returns-value]
    assert background.wait_idle(5) and len(asked) == 1
    background.poke()
    assert background.wait_idle(5) and len(asked) == 2
    ready.set()
    background.poke()
    assert background.wait_idle(5) and len(asked) == 3


def test_what_is_parked_ends_with_the_local_aws() -> None:
    background, ended = Background(), threading.Event()

    def work() -> None:
        try:
            background.park(lambda: False)
        finally:
            ended.set()

    background.submit(work)
    assert background.wait_idle(5)
    background.close()
    assert ended.wait(5) and not background.failures
