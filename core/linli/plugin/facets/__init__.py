"""The members of the door, one small class per room behind it."""

from linli.plugin.facets.answering import CommandsFacet, RoutesFacet
from linli.plugin.facets.asking import HooksFacet, TemplatesFacet
from linli.plugin.facets.doing import EntitiesFacet, ServicesFacet
from linli.plugin.facets.facet import Facet, entry_of
from linli.plugin.facets.happening import BusFacet, StatesFacet
from linli.plugin.facets.keeping import DocumentsFacet, JournalFacet
from linli.plugin.facets.telling import IssuesFacet, MetricsFacet, NotificationsFacet

__all__ = [
    "BusFacet",
    "CommandsFacet",
    "DocumentsFacet",
    "EntitiesFacet",
    "Facet",
    "HooksFacet",
    "IssuesFacet",
    "JournalFacet",
    "MetricsFacet",
    "NotificationsFacet",
    "RoutesFacet",
    "ServicesFacet",
    "StatesFacet",
    "TemplatesFacet",
    "entry_of",
]
