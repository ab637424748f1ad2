"""``loop verify``: drive one small run where a deployment stands, and print where AWS differs from what the local AWS claims."""
