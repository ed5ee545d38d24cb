"""The stories that lead an attempt to each call that the machines make."""

from attrs import evolve, field, frozen

from powens_flow.events import Cancel, SkipSource
from powens_flow.policy import CHAIN, Deadlines, Policy
from powens_flow.simulator.faults import Fault
from powens_flow.testing import Script
from soak.owner import NEW, RETURNING, Beginning
from soak.stage import POLICY


def repairing(state: str) -> Beginning:
    """An attempt to repair a connection that is in this state."""
    return Beginning(connected=Script(), broken={"state": state}, reconnect=True)


CHAINING = evolve(POLICY, sources=CHAIN)
VAULT = "vault"
"""The method of a call that goes to the integrator's vault; its path is what is done there."""

SLOW = evolve(POLICY, deadlines=Deadlines(user=1790))
"""Waits that a temporary user would not outlive: its token is exchanged before the first."""
AT_ONCE = evolve(POLICY, permanent_user=True)

CONNECTIONS = "/users/me/connections"
ONE = f"{CONNECTIONS}/*"


@frozen
class Story:
    """One way to a call: who the owner is, what they do, and which call the fault is played on.

    `call` is its name in `powens_flow.calls` (or that of the owner's own call), `where` tells
    several ways to one call apart. The first `after` calls that match are let through. `faults`
    are played besides: they are what leads to this call. `closes_tab`: the
    user never comes back from the bank. `plain` is the attempt's end without the story's own fault.
    """

    call: str
    method: str
    path: str
    where: str = ""
    script: Script = field(factory=Script)
    policy: Policy = POLICY
    owner: Beginning = NEW
    after: int = 0
    faults: tuple[Fault, ...] = ()
    closes_tab: bool = False
    plain: str = "completed"

    @property
    def name(self) -> str:
        """Unique among the stories."""
        return f"{self.call}-{self.where}" if self.where else self.call


SMS = Script(login="sms")
CANCELLING = Script(login="sms", answers={"state.additionalInformationNeeded": Cancel()})
GIVING_UP = Script(answers={"wait.finding_out": Cancel()})
SKIPPING = Script(
    connector="150", login="2:sms", answers={"state.additionalInformationNeeded": SkipSource()}
)
WEBAUTH = Script(connector="160")
REFRESHING = Beginning(connected=WEBAUTH, reconnect=True, refresh=True)
LOST_CREATION = Fault("drop_after", "POST", CONNECTIONS)
LATE = Fault("drop_and_act_later", "POST", CONNECTIONS, seconds=20)
LOCKED = Fault("error", "POST", ONE, code="connectionLocked")
LOST_EXCHANGE = Fault("drop_after", "POST", "/auth/token/access")

USER = (
    Story("init_user", "POST", "/auth/init"),
    Story("init_user", "POST", "/auth/init", "permanent", policy=AT_ONCE),
    Story("public_key", "GET", "/publickey"),
    Story(
        "refresh_key",
        "GET",
        "/publickey",
        script=Script(login="error-keymanager-once"),
        after=1,
    ),
    Story("exchange_token", "POST", "/auth/token/access"),
    Story("renew_token", "POST", "/auth/renew", faults=(LOST_EXCHANGE,)),
    Story("exchange_token", "POST", "/auth/token/access", "early", SMS, SLOW),
    Story("renew_token", "POST", "/auth/renew", "early", SMS, SLOW, faults=(LOST_EXCHANGE,)),
    Story("delete_user", "DELETE", "/users/me", "", CANCELLING, plain="cancelled"),
    Story(
        "delete_user", "DELETE", "/users/me", "permanent", CANCELLING, AT_ONCE, plain="cancelled"
    ),
)

CHOICE = (
    Story("connectors", "GET", "/connectors"),
    Story("connector", "GET", "/connectors/*"),
    Story("connections", "GET", CONNECTIONS, "before", owner=RETURNING),
)

SUBMITTING = (
    Story("create_connection", "POST", CONNECTIONS),
    Story("create_connection", "POST", CONNECTIONS, "returning", owner=RETURNING),
    Story("create_connection", "POST", CONNECTIONS, "sms", SMS),
    Story("create_connection", "POST", CONNECTIONS, "no-sources", Script(connector="140")),
    Story("update_connection", "POST", ONE, "further", Script(connector="150"), CHAINING),
    Story("connections", "GET", CONNECTIONS, "looking", faults=(LOST_CREATION,)),
    Story(
        "connection",
        "GET",
        ONE,
        "looking",
        Script(connector="150"),
        CHAINING,
        faults=(Fault("drop_after", "POST", ONE),),
    ),
)

STATES = (
    Story("connection", "GET", ONE, "reading", SMS),
    Story("connection", "GET", ONE, "sync", Script(connector="150"), CHAINING, faults=(LOCKED,)),
    Story("update_connection", "POST", ONE, "code", SMS),
    Story("update_connection", "POST", ONE, "password", Script(login="wrongpass-later")),
    Story("force_sync", "POST", ONE, script=Script(login="sca")),
    Story("force_sync", "POST", ONE, "sms", Script(login="sca-sms")),
    Story("resume_connection", "POST", ONE, script=Script(login="decoupled-3")),
    Story("connection", "GET", ONE, "polling", Script(login="decoupled-3"), after=2),
    Story("webauth_url", "GET", "/webauth-url", script=WEBAUTH),
    Story("webauth_url", "GET", "/webauth-url", "later", Script(login="webauth")),
    Story("connection", "GET", ONE, "returned", WEBAUTH),
    Story("connections", "GET", CONNECTIONS, "closed-tab", WEBAUTH, closes_tab=True),
    Story(
        "connection", "GET", ONE, "closed-tab", Script(login="webauth"), after=1, closes_tab=True
    ),
    Story("disable_source", "POST", f"{ONE}/sources/*", "", SKIPPING, CHAINING),
)

CONSENT = (
    Story("accounts", "GET", f"{ONE}/accounts"),
    Story("subscriptions", "GET", f"{ONE}/subscriptions", script=Script(connector="102")),
    Story("activate_accounts", "PUT", f"{ONE}/accounts/*"),
    Story("activate_subscriptions", "PUT", f"{ONE}/subscriptions/*", "", Script(connector="102")),
)

REPAIRING = (
    Story("connection", "GET", ONE, "checking", owner=repairing("passwordExpired")),
    Story("update_connection", "POST", ONE, "repair", owner=repairing("passwordExpired")),
    Story("force_sync", "POST", ONE, "repair", owner=repairing("SCARequired")),
    Story("resume_connection", "POST", ONE, "repair", owner=repairing("decoupled")),
    Story("webauth_url", "GET", "/webauth-url", "repair", owner=repairing("webauthRequired")),
    Story("refresh_auth", "POST", ONE, script=WEBAUTH, owner=REFRESHING),
    Story(
        "connections",
        "GET",
        CONNECTIONS,
        "cleaning",
        GIVING_UP,
        owner=RETURNING,
        after=1,
        faults=(LATE,),
        plain="cancelled",
    ),
    Story(
        "delete_connection",
        "DELETE",
        ONE,
        "late",
        GIVING_UP,
        owner=RETURNING,
        faults=(LATE,),
        plain="cancelled",
    ),
    Story("delete_connection", "DELETE", ONE, "", CANCELLING, owner=RETURNING, plain="cancelled"),
)

KEEPING = (
    Story("kept_user", VAULT, "get"),
    Story("kept_user", VAULT, "get", "repair", owner=repairing("actionNeeded")),
    Story("keep_user", VAULT, "put"),
    Story("keep_user", VAULT, "put", "early", SMS, SLOW),
)

STORIES: tuple[Story, ...] = (*USER, *CHOICE, *SUBMITTING, *STATES, *CONSENT, *REPAIRING, *KEEPING)
LOCAL = ("claim_user", "claim", "others_connections", "other_attempts")
"""Calls of the machines that go to the store; when that fails, nothing is driven at all."""

OWNERS = ("public_key", "connectors")
"""Calls that the owner makes, outside of the machines."""
