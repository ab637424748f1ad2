"""Settings are told apart by their key, and only known placeholders can be written."""

from dataclasses import replace

import pytest

from interfaces.pipeline_settings import PipelineSettings, placeholder

SETTINGS = PipelineSettings("binary", "auc", 0.7)


def test_equal_settings_have_equal_keys_and_any_change_another():
    assert SETTINGS.key() == PipelineSettings("binary", "auc", 0.7).key()
    changed = [replace(SETTINGS, seed=1), replace(SETTINGS, threshold=0.8), replace(SETTINGS, cache_expiry="T1h")]
    assert len({s.key() for s in [SETTINGS, *changed]}) == 4


def test_placeholder_is_written_as_sub_reads_it():
    assert placeholder("Region") == "${Region}"
    with pytest.raises(KeyError, match="Regoin"):
        placeholder("Regoin")
