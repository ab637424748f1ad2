"""Traffic, labels and time for the local AWS, from a scenario with a known truth."""
