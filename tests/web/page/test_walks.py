"""Whole ways through the page: each of the guide's three options, to the end."""

import pytest

from tests.web.page.conftest import Scene
from tests.web.page.person import unique

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_one_source_is_added_and_its_accounts_are_shared(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await p.chooses_bank("Connecteur de test")
    await p.sees("Sign in to Connecteur de test")
    await p.signs_in(unique())
    await p.sees("Choose what to share")
    await p.shares_all()
    await p.sees("Your bank is connected")
