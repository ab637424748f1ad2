"""Verb retrain: drift, decay, a schedule, new data or a person starts one training run, or is told why not."""
