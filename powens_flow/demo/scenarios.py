"""The demo's scenarios: the three options, both mechanisms, every connection state, every end."""

from collections.abc import Mapping

from attrs import evolve

from powens_flow.demo.scenario import OFFERING, Expected, Scenario
from powens_flow.events import Cancel, Returned, SkipSource
from powens_flow.policy import CHAIN, RESTRICT
from powens_flow.testing import Script

CHAINING = evolve(OFFERING, sources=CHAIN)

# Connectors of the simulator, by what they are.
ONE_SOURCE = "40"
CREDENTIALS_THEN_WEBAUTH = "59"
THREE_SOURCES = "63"
LIST_THEN_WEBAUTH = "71"
EVERY_FIELD = "88"
DOCUMENTS = "102"
NO_SOURCES = "140"
TWO_COUNTERS = "150"
WEBAUTH = "160"

MECHANISMS_AND_OPTIONS = (
    Scenario("credentials", "credentials, one source"),
    Scenario(
        "webauth",
        "the bank's page",
        Script(connector=WEBAUTH),
        expected=Expected(sources=("openapi",), accounts=1, prompts=("webauth.open",)),
    ),
    Scenario(
        "webauth-list",
        "a list to choose from, then the bank's page",
        Script(connector=LIST_THEN_WEBAUTH),
        expected=Expected(sources=("openapi",), accounts=3, prompts=("values.needed",)),
    ),
    Scenario(
        "every-field",
        "a field of every type, one of a type that nobody knows",
        Script(connector=EVERY_FIELD, values={"department": "75"}),
        expected=Expected(accounts=1),
    ),
    Scenario(
        "offer",
        "option 1: the user adds the second source that is offered beside the accounts",
        Script(connector=CREDENTIALS_THEN_WEBAUTH, further=1),
        expected=Expected(sources=("directaccess", "openapi"), accounts=4),
    ),
    Scenario(
        "offer-declined",
        "option 1: the user adds no further source, and approves no account",
        Script(connector=CREDENTIALS_THEN_WEBAUTH, accounts="none"),
        expected=Expected(accounts=0),
    ),
    Scenario(
        "restrict",
        "option 2: only the source that gives savings accounts, of three",
        Script(connector=THREE_SOURCES, values={"password": "123456"}),
        policy=evolve(OFFERING, sources=RESTRICT, account_types=("savings",)),
    ),
    Scenario(
        "chain",
        "option 3: three sources one after the other, then the accounts of all",
        Script(connector=THREE_SOURCES, values={"password": "123456"}),
        policy=CHAINING,
        expected=Expected(sources=("openapi", "directaccess", "fallback"), accounts=4),
    ),
    Scenario(
        "no-sources",
        "a connector without sources",
        Script(connector=NO_SOURCES),
        expected=Expected(sources=(), accounts=1),
    ),
    Scenario(
        "documents",
        "a document provider: subscriptions instead of accounts",
        Script(connector=DOCUMENTS),
        expected=Expected(accounts=0, subscriptions=2),
    ),
    Scenario(
        "returning-user",
        "the owner's permanent user is in the vault: no second one is made",
        returning=True,
    ),
)

STATES = (
    Scenario(
        "wrong-credentials",
        "wrong credentials the first time: nothing was kept, the form is shown again",
        Script(login="wrongpass-once"),
        expected=Expected(prompts=("values.needed",)),
    ),
    Scenario(
        "sca",
        "SCARequired: a forced sync makes the bank ask for approval in its app",
        Script(login="sca-decoupled-3"),
        expected=Expected(prompts=("state.decoupled",)),
    ),
    Scenario(
        "sms",
        "additionalInformationNeeded: a code by SMS, refused the first time",
        Script(login="sms-wrong"),
        expected=Expected(prompts=("state.additionalInformationNeeded",)),
    ),
    Scenario(
        "app",
        "decoupled, then validating: approval in the bank's app, then processed",
        Script(login="decoupled-validating-3"),
        expected=Expected(prompts=("state.decoupled", "state.validating")),
    ),
    Scenario(
        "webauth-required",
        "webauthRequired: the bank's page after the credentials; refused at first",
        Script(
            login="webauth",
            answers={"webauth.open": [Returned({"error": "access_denied"})]},
        ),
        expected=Expected(prompts=("webauth.open", "webauth.refused")),
    ),
    Scenario(
        "wrongpass-state",
        "wrongpass: the first sync finds the credentials wrong",
        Script(login="wrongpass-later"),
        expected=Expected(prompts=("state.wrongpass",)),
    ),
    Scenario(
        "password-expired",
        "passwordExpired: the new password is asked for",
        Script(login="password-expired"),
        expected=Expected(prompts=("state.passwordExpired",)),
    ),
    Scenario(
        "action-needed",
        "actionNeeded: new terms to accept on the bank's site",
        Script(login="action-needed"),
        expected=Expected(prompts=("state.actionNeeded",)),
    ),
    Scenario(
        "temporary",
        "rateLimiting, websiteUnavailable, bug: all three heal by themselves",
        Script(login="rate-limiting-30+unavailable-60+bug-20"),
        expected=Expected(prompts=("state.temporary",)),
    ),
    Scenario(
        "put-off",
        "a state that nobody has heard of: the user finishes later, nothing is lost",
        Script(login="unknown-state"),
        expected=Expected(
            sources=(), accounts=0, pending="solarEclipse", prompts=("state.unknown",)
        ),
    ),
    Scenario(
        "not-supported",
        "notSupported: the second of three sources is left out",
        Script(
            connector=THREE_SOURCES,
            values={"password": "123456"},
            logins={"directaccess": "not-supported"},
        ),
        policy=CHAINING,
        expected=Expected(sources=("openapi", "fallback"), pending="notSupported"),
    ),
)

ENDS = (
    Scenario(
        "further-wrong",
        "wrong credentials on a further source: its form again, the first source stays",
        Script(connector=TWO_COUNTERS, login="2:wrongpass-once"),
        policy=CHAINING,
        expected=Expected(sources=("directaccess", "fallback")),
    ),
    Scenario(
        "further-given-up",
        "a further source given up on the bank's page: the first one is activated",
        Script(
            connector=CREDENTIALS_THEN_WEBAUTH,
            answers={"webauth.open": SkipSource()},
        ),
        policy=CHAINING,
    ),
    Scenario(
        "failed",
        "Powens refuses for good: the attempt fails, and its temporary user is deleted",
        Script(login="error-config"),
        expected=Expected(end="failed", sources=(), accounts=0, prompts=("ended.failed",)),
    ),
    Scenario(
        "cancelled",
        "the user gives up at the code: connection and temporary user are deleted",
        Script(login="sms", answers={"state.additionalInformationNeeded": Cancel()}),
        expected=Expected(end="cancelled", sources=(), accounts=0, prompts=("ended.cancelled",)),
    ),
    Scenario(
        "expired",
        "nobody approves in the bank's app: the attempt expires",
        Script(login="decoupled-never"),
        expected=Expected(end="expired", sources=(), accounts=0, prompts=("state.decoupled",)),
    ),
)

SCENARIOS: Mapping[str, Scenario] = {
    one.name: one for one in (*MECHANISMS_AND_OPTIONS, *STATES, *ENDS)
}
"""All scenarios by name, in the order in which the demo plays them."""
