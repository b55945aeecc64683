"""WebSocket: config entries, flows and integrations."""

from compat.harness.steps import CODE, SHAPE, Look, case, ws

ENTRY = Look("shape")
#: Keys of a manifest that only some integrations have.
OPTIONAL = ("after_dependencies", "dhcp", "loggers", "quality_scale", "ssdp", "usb", "zeroconf")

CASES = (
    case(
        "entries",
        ws("config_entries/get", look=ENTRY, save={"entry": "result.0.entry_id", "domain": "result.0.domain"}),
        ws("config_entries/get", domain="compat_none"),
        ws("config_entries/get", type_filter="device", look=CODE),
        ws("config_entries/get", type_filter=["device", "hub", "service"], look=CODE),
        ws("config_entries/get", type_filter=5, look=CODE),
        ws("config_entries/get", extra=1),
        ws("config_entries/get_single", entry_id="${entry}", look=SHAPE),
        ws("config_entries/get_single", entry_id="compat_nobody"),
        ws("config_entries/get_single"),
    ),
    case(
        "subscribed",
        ws("config_entries/subscribe", events=1, look=SHAPE),
        ws("config_entries/subscribe", type_filter=["helper"], events=1, look=CODE),
        ws("config_entries/subscribe", extra=1),
    ),
    case(
        "changed",
        ws("config_entries/get", look=CODE, save={"entry": "result.0.entry_id", "title": "result.0.title"}),
        ws("config_entries/subscribe", events=1, look=CODE),
        ws("config_entries/update", entry_id="${entry}", title="Compat", look=SHAPE, events=1),
        ws("config_entries/update", entry_id="${entry}", title="${title}", look=SHAPE, events=1),
        ws("config_entries/update", entry_id="compat_nobody", title="x"),
        ws("config_entries/update"),
        ws("config_entries/update", entry_id="${entry}", title=5),
    ),
    case(
        "disabled and enabled",
        ws("config_entries/disable", entry_id="compat_nobody", disabled_by="user"),
        ws("config_entries/disable", entry_id="compat_nobody", disabled_by=None),
        ws("config_entries/disable", entry_id="compat_nobody", disabled_by="x"),
        ws("config_entries/disable", entry_id="compat_nobody"),
        ws("config_entries/get", look=CODE, save={"entry": "result.0.entry_id"}),
        ws("config_entries/disable", entry_id="${entry}", disabled_by="user"),
        ws(
            "config_entries/get_single",
            entry_id="${entry}",
            look=Look(
                drop=tuple(
                    f"result.config_entry.{f}"
                    for f in (
                        "title",
                        "domain",
                        "source",
                        "entry_id",
                        "supports_options",
                        "supports_unload",
                        "supports_remove_device",
                        "supports_reconfigure",
                        "supported_subentry_types",
                        "created_at",
                        "modified_at",
                        "num_subentries",
                    )
                )
            ),
        ),
        ws("config_entries/disable", entry_id="${entry}", disabled_by=None),
        ws("config_entries/get_single", entry_id="${entry}", look=CODE),
    ),
    case(
        "flows",
        ws("config_entries/flow/progress"),
        ws("config_entries/ignore_flow", flow_id="compat_nobody", title="x"),
        ws("config_entries/ignore_flow", flow_id="compat_nobody"),
        ws("config_entries/flow/subscribe"),
    ),
    case(
        "sub-entries",
        ws("config_entries/get", look=CODE, save={"entry": "result.0.entry_id"}),
        ws("config_entries/subentries/list", entry_id="${entry}"),
        ws("config_entries/subentries/list", entry_id="compat_nobody"),
        ws("config_entries/subentries/list"),
        ws("config_entries/subentries/delete", entry_id="${entry}", subentry_id="compat_nobody"),
        ws("config_entries/subentries/delete", entry_id="compat_nobody", subentry_id="compat_nobody"),
    ),
    case(
        "manifests",
        ws("manifest/list", look=Look("shape", drop=tuple(f"result.*.{key}" for key in OPTIONAL))),
        ws("manifest/list", integrations=["input_boolean"], look=CODE),
        ws("manifest/list", integrations=["compat_none"]),
        ws("manifest/list", integrations=5),
        ws(
            "manifest/get",
            integration="input_boolean",
            look=Look(
                drop=(
                    "result.documentation",
                    "result.codeowners",
                    "result.quality_scale",
                    "result.integration_type",
                    "result.requirements",
                    "result.dependencies",
                    "result.name",
                    "result.is_built_in",
                    "result.overwrites_built_in",
                )
            ),
        ),
        ws("manifest/get", integration="compat_none"),
        ws("manifest/get"),
        ws("manifest/get", integration=5),
        ws(
            "integration/descriptions",
            look=Look(
                "shape",
                maps=(
                    "result.core.integration",
                    "result.core.helper",
                    "result.custom.integration",
                    "result.custom.helper",
                ),
                drop=("result.core.integration.*", "result.core.helper.*", "result.core.translated_name"),
            ),
        ),
        ws("integration/setup_info", look=SHAPE),
        ws("application_credentials/config", look=CODE),
    ),
    case(
        "core",
        ws("config/core/update", location_name="Oracle"),
        ws("config/core/update", latitude="x"),
        ws("config/core/update", compat=1),
        ws("config/core/update", time_zone="Compat/Nowhere"),
        ws("config/core/update", unit_system="compat"),
    ),
)
