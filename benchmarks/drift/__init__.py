"""What bench_drift runs in processes of their own: the data, our side, the peer's side."""
