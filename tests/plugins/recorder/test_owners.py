"""To change the past of everybody is the owners': asked over a real socket, by an administrator and by an owner."""

from pathlib import Path
from typing import Any

import pytest

from house import free_port, lived_in
from linli.testing.hub import Deployment

YAML = "http: {{port: {port}}}\napi: {{}}\nhome: {{}}\nrecorder: {{}}\n"
IMPORTED = {
    "has_mean": False, "has_sum": True, "name": None, "source": "test", "statistic_id": "test:x",
    "unit_of_measurement": "kWh",
}  # fmt: skip
REFUSED = "home_assistant_error"
"""What a client is answered whom a service refuses."""


@pytest.mark.parametrize(
    ("command", "fields", "code"),
    [
        ("recorder/import_statistics", {"metadata": IMPORTED, "stats": []}, "unauthorized"),
        ("recorder/clear_statistics", {"statistic_ids": ["test:x"]}, "unauthorized"),
        ("call_service", {"domain": "recorder", "service": "purge"}, REFUSED),
        (
            "call_service",
            {"domain": "recorder", "service": "purge_entities", "service_data": {"domains": ["sun"]}},
            REFUSED,
        ),
    ],
    ids=["import", "clear", "purge", "purge entities"],
)
async def test_an_administrator_who_is_no_owner_is_refused(
    tmp_path: Path, command: str, fields: dict[str, Any], code: str
) -> None:  # fmt: skip
    port = free_port()
    async with lived_in(Deployment(tmp_path, YAML.format(port=port)), port) as house:
        administrator = await house.connect((await house.user("wang", "admin"))[1])
        owner = await house.connect((await house.user("owner", "admin"))[1])
        assert await administrator.code(command, **fields) == code
        await owner.result(command, **fields)
