"""What a reader may see, as templates see it: the deployment's own in the hub, those of users in their own process."""

from linli.reading.killable import Killable
from linli.reading.templates import Templates
from linli.reading.users import UserTemplates
from linli.reading.world import ReaderWorld, Sources

__all__ = ["Killable", "ReaderWorld", "Sources", "Templates", "UserTemplates"]
