"""What the start of a hub does off the loop, so that nothing is held when the hub runs."""

from pathlib import Path

import pytest

from linli.registry import slugs
from linli.testing import Deployment, running_hub


@pytest.mark.parametrize(("language", "loaded"), [("zh-Hans", 1), ("en", 0)])
async def test_a_chinese_hub_has_learnt_to_read_names_before_the_first_comes(
    tmp_path: Path, language: str, loaded: int
) -> None:
    slugs._reader.cache_clear()
    async with running_hub(Deployment(tmp_path, f"linli: {{language: {language}}}")):
        assert slugs._reader.cache_info().currsize == loaded
