"""The page's files, served as they lie in the package."""

import subprocess
import sys
import zipfile
from pathlib import Path

from powens_flow.web.files import page_files
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


async def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    async with site() as s:
        name = lying_there()[0]
        tag = (await s.get(f"/page/{name}")).headers["ETag"]
        known = await s.get(f"/page/{name}", headers={"If-None-Match": tag})
        assert (known.status, known.headers["ETag"], await known.read()) == (304, tag, b"")
        assert (await s.get(f"/page/{name}", headers={"If-None-Match": '"old"'})).status == 200


async def test_nothing_beside_the_page_is_served() -> None:
    async with site() as s:
        for path in ("../app.py", "..%2Fapp.py", "%2e%2e/app.py", "/etc/passwd", ".", "", "no.js"):
            answer = await s.get(f"/page/{path}")
            assert answer.status == 404


def test_the_wheel_carries_the_page(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own words
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        packed = {name for name in files.namelist() if name.startswith("powens_flow/web/page/")}
    assert {f"powens_flow/web/page/{name}" for name in lying_there()} <= packed
