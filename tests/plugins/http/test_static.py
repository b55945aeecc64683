"""Files of a folder: kept by browsers, renewed at once, and nothing else can be reached."""

import gzip

import pytest

from linli.errors import ContractError
from linli_http.static import StaticFolder


@pytest.fixture
def folder(tmp_path):
    pages = tmp_path / "pages"
    (pages / "parts").mkdir(parents=True)
    (pages / "a.js").write_text("export const a = 1;\n" * 200)
    (pages / "parts" / "b.css").write_text("body {}")
    (pages / "notes.md").write_text("not served")
    (tmp_path / "secret.js").write_text("secret")
    (pages / "link.js").symlink_to(tmp_path / "secret.js")
    return pages


@pytest.fixture
def site(served, folder):
    served.route("GET", "/pages/{file:.*}", StaticFolder(folder).handle)
    return served


async def test_a_file_is_served_with_its_kind(site):
    status, headers, body = await site.ask("GET", "/pages/a.js")
    assert (status, headers["Content-Type"], body[:6]) == (200, "text/javascript; charset=utf-8", "export")
    assert headers["Cache-Control"] == "no-cache"
    assert "Last-Modified" in headers
    assert (await site.ask("GET", "/pages/parts/b.css"))[1]["Content-Type"] == "text/css; charset=utf-8"


async def test_a_file_that_the_browser_has_is_not_sent_again(site):
    _, headers, _ = await site.ask("GET", "/pages/a.js")
    status, again, body = await site.ask("GET", "/pages/a.js", headers={"If-None-Match": headers["ETag"]})
    assert (status, body, again["ETag"]) == (304, "", headers["ETag"])
    assert (await site.ask("GET", "/pages/a.js", headers={"If-None-Match": '"other"'}))[0] == 200


async def test_a_packed_file_has_an_etag_of_its_own(site):
    async with site.client.get(site.url + "/pages/a.js", auto_decompress=False) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await packed.read()).startswith(b"export")
    async with site.client.get(site.url + "/pages/a.js", headers={"Accept-Encoding": "identity"}) as plain:
        assert plain.headers["ETag"] != packed.headers["ETag"]
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["notes.md", "link.js", "../secret.js", "..%2Fsecret.js", "parts/../../secret.js", "parts", "", "%00"]
)
async def test_nothing_but_the_files_of_the_folder_has_an_address(site, path):
    status, _, body = await site.ask("GET", "/pages/" + path)
    assert status in (404, 400)
    assert "secret" not in str(body)


def test_a_folder_that_is_none_is_said_so(tmp_path):
    with pytest.raises(ContractError, match="no folder"):
        StaticFolder(tmp_path / "absent")
