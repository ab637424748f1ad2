"""What the analyzer does, a file per type of analysis: each reads its inputs, calls model_code and returns what to write."""
