"""One package per function: handler (input and output) and decision (pure)."""
