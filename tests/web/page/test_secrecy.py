"""What is typed is sealed in the browser, and is nowhere afterwards; the bank's words are text."""

import json
from typing import Any

import pytest
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from playwright.async_api import Route, expect

from powens_flow.attempt import AskedField, Choice
from powens_flow.values import wrong_values
from tests.web.page.conftest import Scene
from tests.web.page.person import unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"
EVERYTHING = """() => {
    const root = document.querySelector("powens-connect").shadowRoot;
    const values = [...root.querySelectorAll("input, select, textarea")].map((one) => one.value);
    return JSON.stringify([root.innerHTML, values, {...localStorage}, {...sessionStorage},
        document.cookie, location.href, history.state]);
}"""


async def test_nothing_typed_stays_in_the_page_or_its_storage(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    login = await p.types("Identifiant", unique("slow-5"))
    password = await p.types("Mot de passe", "Secret-that-is-gone")
    await p.presses("Show Mot de passe")
    await p.presses("Continue securely")
    await p.sees(f"{BANK} is checking your details")
    held = await p.page.evaluate(EVERYTHING)
    assert login not in held
    assert password not in held
    await p.waits_for_the_bank(5)
    await p.sees("Choose what to share")


async def test_the_capture_finds_what_it_looks_for(scene: Scene) -> None:
    """Else its silence would say nothing."""
    value = "Secret+in/every=spelling"
    for spelt in (value, "Secret%2Bin%2Fevery%3Dspelling", "AFNlY3JldCtpbi9ldmVyeT1zcGVsbGluZwA="):
        made = type(scene.person.capture)(requests=[f"GET /?v={spelt}"], typed={value})
        with pytest.raises(AssertionError, match="crossed the wire"):
            made.check()


async def test_what_is_sealed_can_be_opened_by_powens_alone(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    key = JWK.generate(kty="RSA", size=2048, kid="rsa-1", use="enc")
    values = {"login": "Zoé Ünïcode 🏦", "password": "x" * 3000}
    sealed: dict[str, str] = await p.page.evaluate(
        """async ([values, key]) => {
            const { sealValues } = await import("/connect/page/seal.js");
            return await sealValues(values, key);
        }""",
        [values, json.loads(key.export_public())],
    )
    for name, value in values.items():
        opened = JWE()
        opened.deserialize(sealed[name], key=key)
        assert opened.payload.decode() == value
        header = json.loads(opened.objects["protected"])
        assert header == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "rsa-1"}


FIELDS: list[dict[str, Any]] = [
    {"name": "plain", "type": "text", "required": True},
    {"name": "free", "type": "text", "required": False},
    {"name": "digits", "type": "text", "required": True, "regex": r"\d{3}|x"},
    {"name": "unread", "type": "text", "required": True, "regex": r"(?P<a>\d"},
    {"name": "amount", "type": "number", "required": True},
    {"name": "day", "type": "date", "required": True},
    {"name": "kind", "type": "list", "required": True, "values": [{"label": "A", "value": "a"}]},
]
VALUES = ["", "a", "x", "12", "123", "1234", "-1.5", "1.", "1990-02-29", "1992-02-29", "b" * 4097]


async def test_the_browser_checks_values_as_the_engine_does(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    found: list[list[str | None]] = await p.page.evaluate(
        """async ([fields, values]) => {
            const { wrongValue } = await import("/connect/page/check.js");
            return fields.map((field) => values.map((value) => wrongValue(field, value)));
        }""",
        [FIELDS, VALUES],
    )
    for field, keys in zip(FIELDS, found, strict=True):
        asked = AskedField(
            field["name"],
            field["type"],
            required=field["required"],
            regex=field.get("regex"),
            values=tuple(Choice(**one) for one in field.get("values", ())),
        )
        for value, key in zip(VALUES, keys, strict=True):
            wrong = await wrong_values((asked,), {asked.name: value} if value else {})
            assert wrong.get(asked.name) == key, (field["name"], value)


PATTERNS = [
    (r"\A[0-9]{6}\z", "123456"),
    (r"^[[:alnum:]]+$", "abc1"),
    (r"^\h*\d+$", " 12"),
    (r"^\pL+$", "été"),
    (r"^[]0-9]+$", "1]"),
    (r"^(?P<a>\d)$", "1"),
    (r"^[\w\.\-\_\@]+$", "a_b@c-d.e"),
    (r"\d{2}\-\d{2}\'", "12-34'"),
]
"""Powens' patterns are PCRE: some mean something else to a browser, or nothing."""


async def test_a_right_value_is_refused_for_no_pattern_that_a_browser_reads_otherwise(
    scene: Scene,
) -> None:
    p = scene.person
    await p.opens()
    refused: list[list[str | None]] = await p.page.evaluate(
        """async ([patterns, wrong]) => {
            const { wrongValue } = await import("/connect/page/check.js");
            const key = (regex, value) => wrongValue({ type: "text", regex }, value);
            return patterns.map(([regex, right]) => [key(regex, right), key(regex, wrong)]);
        }""",
        [PATTERNS, "?!"],
    )
    assert [right for right, _ in refused] == [None] * len(PATTERNS)
    assert [wrong for _, wrong in refused[-2:]] == ["values.does_not_match"] * 2
    for pattern, value in PATTERNS:
        assert await wrong_values((AskedField("a", regex=pattern),), {"a": value}) == {}


async def test_values_are_asked_for_again_where_the_key_has_changed(scene: Scene) -> None:
    p = scene.person
    stale = json.loads(JWK.generate(kty="RSA", size=2048, kid="rsa-old", use="enc").export_public())
    await p.page.route("**/publickey", lambda route: _fulfilled(route, stale), times=1)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique())
    await p.sees_text("For your security, please enter your details once more.")
    await expect(p.box("Mot de passe")).to_have_value("")
    await p.shown("fill_in_fields-seal_again")
    await p.signs_in(unique())
    await p.sees("Choose what to share")


async def test_a_password_is_never_sent_unsealed(scene: Scene) -> None:
    """A form that is not to be sealed has no passwords (protocol page, webauth fields)."""
    p = scene.person
    sent: list[str] = []

    def unsealed(view: dict[str, Any]) -> None:
        view["prompt"]["sealed"] = False

    await p.is_shown(unsealed)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees(f"A few details for {BANK}")
    await p.page.route("**/events", lambda route: _noted(sent, route))
    await p.signs_in(unique())
    await p.sees_text("it will not be sent")
    assert sent == []


async def test_nothing_is_asked_for_where_nothing_can_be_sealed(scene: Scene) -> None:
    """Browsers give WebCrypto to secure pages only."""
    p = scene.person
    script = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"
    await p.page.add_init_script(script)
    await p.opens()
    await p.chooses_bank(BANK)
    await p.sees("This page is not secure")
    await expect(p.page.get_by_role("textbox")).to_have_count(0)
    await p.shown("problem-insecure")


async def _noted(sent: list[str], route: Route) -> None:
    sent.append(route.request.post_data or "")
    await route.continue_()


async def _fulfilled(route: Route, body: object) -> None:
    await route.fulfill(json=body)


async def test_the_banks_words_are_text(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank(BANK)
    await p.signs_in(unique("markup"))
    words = p.page.locator("blockquote p").last
    await expect(words).to_have_text("<img src=x onerror=alert(1)> <b>Signez</b> vos conditions")
    await expect(p.page.locator("blockquote img")).to_have_count(0)


async def test_an_address_that_is_no_web_page_is_not_followed(scene: Scene) -> None:
    p = scene.person

    def foul(view: dict[str, Any]) -> None:
        if "url" in view["prompt"]:
            view["prompt"]["url"] = "javascript:alert(1)"

    await p.is_shown(foul)
    await p.opens()
    await p.chooses_bank("Banco del Puente")
    await p.sees("Waiting for Banco del Puente")
    await expect(p.page.get_by_role("link")).to_have_count(0)
