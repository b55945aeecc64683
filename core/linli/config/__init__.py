"""The deployment language: YAML with positions, its check, and the schemas that describe it."""

from linli.config.catalog import CatalogEntry, PluginCatalog, PluginPlace
from linli.config.check import Checker, Sections, check
from linli.config.deployment import Deployment
from linli.config.loading import load
from linli.config.position import KeyPath, Position, dotted, parse_path
from linli.config.problem import Problem, Severity
from linli.config.references import Known
from linli.config.report import Checked, Instance, Report
from linli.config.source import Files, KeptFiles, ParsedFiles

__all__ = [
    "CatalogEntry",
    "Checked",
    "Checker",
    "Deployment",
    "Files",
    "Instance",
    "KeptFiles",
    "KeyPath",
    "Known",
    "ParsedFiles",
    "PluginCatalog",
    "PluginPlace",
    "Position",
    "Problem",
    "Report",
    "Sections",
    "Severity",
    "check",
    "dotted",
    "load",
    "parse_path",
]
