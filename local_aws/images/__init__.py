"""Stand-ins for container images and managed runtimes."""
