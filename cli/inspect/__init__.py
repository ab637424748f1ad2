"""What a person asks first: which runs there were, how their steps ended, what they logged."""
