"""What algorithm mode takes for hyperparameters: names, types, ranges, and what one asks of another."""

import pytest

from local_aws.images.xgboost.errors import NotHere, UserError
from local_aws.images.xgboost.hyperparameters import validate, within

BASE = {"num_round": "10", "objective": "binary:logistic"}


def test_values_get_their_types_and_aliases_their_names() -> None:
    given = {
        **BASE, "learning_rate": "0.3", "reg_lambda": "2", "max_depth": "4", "eval_metric": "auc,error@0.7", "seed": "-5",
        "tree_method": "hist", "monotone_constraints": "(1, 0, -1)", "interaction_constraints": "[[1, 2], [3]]", "csv_weights": "1",
    }  # fmt: skip
    values = validate(given)
    assert (values["num_round"], values["eta"], values["lambda"], values["max_depth"], values["seed"]) == (10, 0.3, 2.0, 4, -5)
    assert values["eval_metric"] == ["auc", "error@0.7"]
    assert (values["monotone_constraints"], values["interaction_constraints"]) == ((1, 0, -1), [[1, 2], [3]])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"objective": "binary:logistic"}, "Missing required hyperparameter: num_round"),
        ({**BASE, "depth": "3"}, "Extraneous hyperparameter found: depth; allowed: _kfold"),
        ({**BASE, "num_round": "many"}, "Hyperparameter num_round: could not parse value 'many'"),
        ({**BASE, "num_round": "0"}, r"Hyperparameter num_round: 0 is not in [1, inf)"),
        ({**BASE, "eta": "1.5"}, "Hyperparameter eta: 1.5 is not in [0, 1]"),
        ({**BASE, "subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({**BASE, "gamma": "nan"}, "Hyperparameter gamma: nan is not in [0, inf)"),
        ({**BASE, "booster": "tree"}, "Hyperparameter booster: tree is not in ['gbtree', 'gblinear', 'dart']"),
        ({**BASE, "eval_metric": "auc,best"}, "Hyperparameter eval_metric: value ['auc', 'best'] not in range"),
        ({**BASE, "eval_metric": "auc@2"}, "a threshold goes with one of error, ndcg, map"),
        ({**BASE, "eval_metric": "error@half"}, "eval_metric error@: could not parse value 'half'"),
        ({**BASE, "_tuning_objective_metric": "auc"}, "Hyperparameter _tuning_objective_metric: auc is not in"),
        ({"num_round": "1", "objective": "multi:softprob"}, "'num_class'"),
        ({"num_round": "1", "eval_metric": "rmse"}, "eval_metric: the image needs an objective"),
        ({"num_round": "1", "objective": "reg:squarederror", "eval_metric": "auc"}, "the objective is reg:squarederror"),
        ({**BASE, "eval_metric": "aft-nloglik"}, "only be applied for 'survival:aft'"),
        ({**BASE, "monotone_constraints": "(1,)"}, "tree_method parameter is set to one of exact, hist"),
        ({**BASE, "tree_method": "hist", "monotone_constraints": "(2,)"}, "not in range -1, 0, 1"),
        ({**BASE, "updater": "grow_colmaker,distcol"}, "Only one tree grow plugin"),
        ({**BASE, "booster": "gblinear", "updater": "prune"}, "Linear updater should be one of these options: shotgun, coord_descent"),
        ({**BASE, "process_type": "update", "updater": "sync"}, "'refresh' and 'prune'"),
        ({**BASE, "use_dask_gpu_training": "true"}, "has no GPU"),
    ],
)
def test_what_the_image_refuses_names_the_hyperparameter_and_what_is_allowed(given: dict[str, str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        validate(given)
    assert words in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("_kfold", "5"), ("save_model_on_termination", "true")])
def test_what_the_stand_in_leaves_out_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(NotHere, match=name):
        validate({**BASE, name: value})


def test_intervals_keep_or_leave_out_their_ends() -> None:
    assert [within(v, "(0, 1]") for v in (0, 0.5, 1, 1.1)] == [False, True, True, False]
    assert [within(v, "[1, inf)") for v in (0.9, 1, 1e300)] == [False, True, True]
