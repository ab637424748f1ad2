"""Stand-in for the start of a Glue job: what the job brings goes onto the path, then its script runs.

Standard library only. Wheels are unpacked where pip would install them; they are pure Python.
"""

import runpy
import sys
import zipfile
from pathlib import Path


def start(argument, descriptors):
    site = Path(argument["site"])
    for archive in argument["modules"]:
        install(Path(archive), site)
    sys.path[:0] = [str(site), *argument["libraries"]]
    sys.modules["awsglue"] = None  # not part of this stand-in: importing it fails by name
    sys.argv = [argument["script"], *argument["arguments"]]
    runpy.run_path(argument["script"], run_name="__main__")
    return 0


def install(archive, site):
    """A zip of wheels with ``wheels/requirements.txt``, as ``--no-index`` would install it."""
    with zipfile.ZipFile(archive) as wheels:
        names = [n for n in wheels.namelist() if n.endswith(".whl")]
        required = wheels.read("wheels/requirements.txt").decode().split()
        for pin in required:
            stem = pin.replace("==", "-")
            found = [n for n in names if n.split("/")[-1].startswith(stem + "-")]
            if not found:
                raise RuntimeError(f"No matching distribution found for {pin} in {archive.name}")
            with zipfile.ZipFile(wheels.open(found[0])) as wheel:
                wheel.extractall(site)
