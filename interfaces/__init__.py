"""What all sides agree on. Standard library only, so that every asset can carry it."""
