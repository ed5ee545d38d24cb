"""A visit to the simulated bank's page, as an end user's browser makes it."""

import re
from typing import Literal
from urllib.parse import urljoin

import aiohttp

Decision = Literal["approve", "refuse", "fail"]


async def at_the_bank(
    session: aiohttp.ClientSession, url: str, *, decision: Decision = "approve", login: str = ""
) -> str:
    """Opens a webauth URL, decides on the bank's page, and says where the browser is sent back.

    `url` is what `/webauth-url` answered, or the `/webauth` page to navigate to. Raises
    RuntimeError when the bank does not send the browser back: an expired link, a refused login.
    """
    async with session.get(url) as page:
        target, text = str(page.url), await page.text()
    found = re.search(r'name="flow" value="([^"]+)"', text)
    if found is None:
        raise RuntimeError("the bank's page did not open")
    form = {"flow": found[1], "login": login, "decision": decision}
    action = urljoin(target, "/bank/authorise")
    async with session.post(action, data=form, allow_redirects=False) as answer:
        if "Location" not in answer.headers:
            raise RuntimeError("the bank's page asks again")
        return answer.headers["Location"]
