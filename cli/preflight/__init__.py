"""What an account must have before a deployment: read from the synthesized cloud assembly, held against the account."""
