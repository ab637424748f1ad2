"""Where the project's own files are."""

from pathlib import Path

CONTRACT = Path(__file__).resolve().parents[2] / "contract.toml"
