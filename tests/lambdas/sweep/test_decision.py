"""What a sweep removes, and above all what it leaves."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lambdas.sweep.decision import Found, plan

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE = NOW - timedelta(days=90)
OLD, NEW = NOW - timedelta(days=100), NOW - timedelta(days=1)
RUN = "s3://b/runs/{}/"


def found(**given: object) -> Found:
    """Two releases and a current one, all old: configs c1 to c3 with models m1 to m3 of runs r1 to r3."""
    numbers = (1, 2, 3)
    facts: dict[str, object] = {
        "configs": {f"c{n}": OLD + timedelta(hours=n) for n in numbers},
        "models": {f"m{n}": OLD + timedelta(hours=n) for n in numbers},
        "runs": {RUN.format(f"r{n}"): OLD + timedelta(hours=n) for n in numbers},
        "serving": {"c3"},
        "models_of": {f"c{n}": {f"m{n}"} for n in numbers},
        "files_of": {f"m{n}": {f"s3://b/runs/r{n}/train/model.tar.gz"} for n in numbers},
    }
    return Found(**{**facts, **given})  # type: ignore[arg-type]


def test_what_was_replaced_long_ago_goes_oldest_first_and_what_serves_stays() -> None:
    done = plan(found(), BEFORE)
    assert done.configs == ("c1", "c2") and done.models == ("m1", "m2")
    assert done.runs == (RUN.format("r1"), RUN.format("r2")) and done.remarks == ()


def test_what_is_young_stays_with_all_that_it_reaches() -> None:
    done = plan(found(configs={"c1": OLD, "c2": NEW, "c3": OLD}), BEFORE)
    assert (done.configs, done.models, done.runs) == (("c1",), ("m1",), (RUN.format("r1"),))
    young = plan(found(models={"m1": NEW, "m2": OLD, "m3": OLD}), BEFORE)
    assert (young.models, young.runs) == (("m2",), (RUN.format("r2"),))
    assert plan(found(runs={RUN.format("r1"): NEW}), BEFORE).runs == ()


def test_a_package_keeps_its_runs() -> None:
    assert plan(found(packaged={"s3://b/runs/r1/evaluate/evaluation.json"}), BEFORE).runs == (RUN.format("r2"),)
    assert plan(found(packaged={"s3://b/runs/r1"}), BEFORE).runs == (RUN.format("r2"),)
    assert plan(found(packaged={"s3://b/runs/r10/model.tar.gz"}), BEFORE).runs == (RUN.format("r1"), RUN.format("r2"))


def test_somebody_elses_config_keeps_a_model_of_ours() -> None:
    done = plan(found(models_of={"c1": {"m1"}, "c2": {"m2"}, "c3": {"m3"}, "theirs": {"m2"}}), BEFORE)
    assert done.models == ("m1",) and done.runs == (RUN.format("r1"),)


def test_what_the_stack_holds_stays_although_the_endpoint_runs_something_else() -> None:
    done = plan(found(serving={"by-hand"}, held={"c3", "m3"}), BEFORE)
    assert done.configs == ("c1", "c2") and done.models == ("m1", "m2") and RUN.format("r3") not in done.runs


def test_no_run_goes_while_it_cannot_be_told_what_a_model_reads() -> None:
    done = plan(found(unknown={"m3"}), BEFORE)
    assert done.configs and done.models and done.runs == ()
    assert done.remarks == ("no run goes: it cannot be told what these models read, as their packages are gone: m3",)
    assert plan(found(unknown={"m1"}), BEFORE).runs  # it goes itself


def test_a_sweep_removes_so_many_and_the_next_one_goes_on() -> None:
    done = plan(found(), BEFORE, most=3)
    assert (done.configs, done.models, done.runs) == (("c1", "c2"), ("m1",), ())
    assert done.remarks == ("a sweep removes at most 3; the next one goes on",)


names = st.integers(0, 5)
times = st.sampled_from([OLD, NEW])


@given(
    configs=st.dictionaries(names, times),
    models=st.dictionaries(names, times),
    runs=st.dictionaries(names, times),
    uses=st.lists(st.tuples(names, names)),
    reads=st.lists(st.tuples(names, names)),
    serving=st.sets(names),
    packaged=st.sets(names),
    most=st.integers(0, 20),
)
def test_nothing_that_is_left_refers_to_what_goes(
    configs: dict[int, datetime],
    models: dict[int, datetime],
    runs: dict[int, datetime],
    uses: list[tuple[int, int]],
    reads: list[tuple[int, int]],
    serving: set[int],
    packaged: set[int],
    most: int,
) -> None:
    there = Found(
        configs={f"c{n}": at for n, at in configs.items()},
        models={f"m{n}": at for n, at in models.items()},
        runs={RUN.format(n): at for n, at in runs.items()},
        serving={f"c{n}" for n in serving},
        models_of={f"c{c}": {f"m{m}" for k, m in uses if k == c} for c in configs},
        files_of={f"m{m}": {f"{RUN.format(r)}model.tar.gz" for k, r in reads if k == m} for m in models},
        packaged={f"{RUN.format(r)}model.tar.gz" for r in packaged},
    )
    done = plan(there, BEFORE, most)
    assert len(done.configs) + len(done.models) + len(done.runs) <= most
    assert not set(done.configs) & set(there.serving)
    left = [models for config, models in there.models_of.items() if config not in done.configs]
    assert not set(done.models) & set().union(*left)
    read = set(there.packaged).union(*(files for model, files in there.files_of.items() if model not in done.models))
    assert not [run for run in done.runs if any(uri.startswith(run) for uri in read)]
    gone = {**there.configs, **there.models, **there.runs}
    assert all(gone[name] == OLD for name in (*done.configs, *done.models, *done.runs))
