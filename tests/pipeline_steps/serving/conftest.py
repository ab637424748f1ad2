"""The serving code imports as the endpoint imports it: ``payload`` and ``inference`` at top level."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "pipeline_steps" / "serving"))
