"""The science: pure functions on frames and arrays. No AWS, no argv, no files."""
