"""What a step of each type does, a file per type. A new type is a `Runner` here and an entry in runners.py."""
