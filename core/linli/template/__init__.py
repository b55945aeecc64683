"""Sandboxed Jinja2 templates with Home Assistant's functions, rendered in one reader's view."""

from linli.template.empty import EmptyWorld
from linli.template.engine import Template, TemplateEngine, is_template
from linli.template.errors import LimitExceeded, NotNow, TemplateError
from linli.template.info import RenderInfo
from linli.template.limits import Limits
from linli.template.native import parse_result
from linli.template.scope import Report
from linli.template.world import (
    AreaView,
    DeviceView,
    EntityView,
    EntryView,
    FloorView,
    Home,
    IssueView,
    LabelView,
    World,
)

__all__ = [
    "AreaView", "DeviceView", "EmptyWorld", "EntityView", "EntryView", "FloorView", "Home", "IssueView", "LabelView",
    "LimitExceeded", "Limits", "NotNow", "RenderInfo", "Report", "Template", "TemplateEngine", "TemplateError", "World",
    "is_template", "parse_result",
]  # fmt: skip
