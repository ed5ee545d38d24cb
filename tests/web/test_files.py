"""The page's files, served as they lie in the package."""

from pathlib import Path

import pytest

from powens_flow.web.files import File, page_files
from tests.web.site import site

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "powens_flow" / "web" / "page"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".html": "text/html",
    ".svg": "image/svg+xml",
}


def lying_there() -> list[str]:
    """The paths of the page's files."""
    found = (one.relative_to(FOLDER).as_posix() for one in FOLDER.rglob("*") if one.is_file())
    return sorted(one for one in found if not one.startswith((".", "_")))


def test_every_file_of_the_page_is_known() -> None:
    assert sorted(page_files()) == lying_there()


async def test_every_file_is_served_with_its_type_to_anybody() -> None:
    async with site() as s:
        for name in lying_there():
            answer = await s.get(f"/page/{name}", user=None)
            assert answer.status == 200
            assert await answer.read() == (FOLDER / name).read_bytes()
            assert answer.content_type == TYPES.get(Path(name).suffix, answer.content_type)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_file_that_the_browser_has_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(page_files(), "deep/a.js", File(b"1;", "text/javascript", "t-1"))
    async with site() as s:
        first = await s.get("/page/deep/a.js")
        assert (await first.text(), first.charset, first.headers["ETag"]) == (
            "1;",
            "utf-8",
            '"t-1"',
        )
        known = await s.get("/page/deep/a.js", headers={"If-None-Match": '"t-1"'})
        assert (known.status, known.headers["ETag"], await known.read()) == (304, '"t-1"', b"")
        old = await s.get("/page/deep/a.js", headers={"If-None-Match": '"t-0"'})
        assert old.status == 200


async def test_nothing_beside_the_page_is_served() -> None:
    async with site() as s:
        for path in ("../app.py", "..%2Fapp.py", "%2e%2e/app.py", "/etc/passwd", ".", "", "no.js"):
            answer = await s.get(f"/page/{path}")
            assert answer.status == 404
