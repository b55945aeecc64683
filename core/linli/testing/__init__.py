"""What a plugin author's tests import: a whole hub in the test's own loop, with its deployment and its time."""

from linli.testing.hub import Deployment, running_hub

__all__ = ["Deployment", "running_hub"]
