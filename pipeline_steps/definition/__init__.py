"""The pipeline definition, written with the SageMaker Python SDK and compiled without an account."""
