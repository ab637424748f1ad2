"""Who may deploy from GitHub, for the example account: any change of the trust shows here."""

import json
from collections.abc import Callable
from pathlib import Path

from infra.delivery.app import build
from infra.delivery.settings import load


def test_the_delivery_template_of_the_example_has_not_changed(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    build(load(Path("infra/delivery/example.toml")), outdir=str(tmp_path)).synth()
    golden("Delivery.json", json.dumps(json.loads((tmp_path / "Delivery.template.json").read_text()), indent=1) + "\n")
