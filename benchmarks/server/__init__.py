"""What the benchmark of the server measures, a file per question."""
