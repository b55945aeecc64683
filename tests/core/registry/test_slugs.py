"""Names as ids."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.registry.slugs import slugify, unique_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("客厅灯", "ke_ting_deng"),
        ("空调", "kong_tiao"),
        ("3号楼 音乐室", "3_hao_lou_yin_yue_shi"),
        ("Büro 2", "buro_2"),
        ("Кухня", "kukhnia"),
        ("Kitchen  Light!", "kitchen_light"),
        ("🔥", "unknown"),
        ("", "unknown"),
        ("_a__b_", "a_b"),
    ],
)
def test_a_name_as_an_id(name: str, slug: str):
    assert slugify(name) == slug


@given(st.text(max_size=40))
def test_every_name_makes_a_valid_id_that_is_its_own_id(name: str):
    slug = slugify(name)
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", slug)
    assert slugify(slug) == slug


@given(st.lists(st.sampled_from(["灯", "Deng", "deng 2", "deng", "x" * 300]), max_size=12), st.integers(20, 60))
def test_ids_of_any_names_differ_and_fit(names: list[str], limit: int):
    taken: set[str] = set()
    for name in names:
        made = unique_slug(name, taken.__contains__, prefix="light.", limit=limit)
        assert made not in taken
        assert made.startswith("light.")
        assert len(made) <= limit
        taken.add(made)
