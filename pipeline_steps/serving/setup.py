"""Packaging of the serving code: the image runs ``pip install .`` on it at every start."""

from setuptools import setup

setup(name="mlops-loop-serving", version="1.0.0", py_modules=["inference", "payload", "capture"], packages=["model_code", "interfaces"])
