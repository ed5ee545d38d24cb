"""What a scenario is: an end user, a policy, and the end that they must come to."""

from attrs import field, frozen

from powens_flow.policy import Policy
from powens_flow.testing import REDIRECT_URI, Script

OFFERING = Policy(redirect_uri=REDIRECT_URI)


@frozen
class Expected:
    """How an attempt must end.

    `end` is the final state; `sources` the names of the added ones, in order; `accounts` and
    `subscriptions` how many are activated; `pending` the connection state that a source was left
    in. `prompts` are message keys that must have been shown on the way.
    """

    end: str = "completed"
    sources: tuple[str, ...] = ("directaccess",)
    accounts: int = 2
    subscriptions: int = 0
    pending: str | None = None
    prompts: tuple[str, ...] = ()


@frozen
class Scenario:
    """One attempt of one end user of their own.

    `returning`: the owner already has a permanent Powens user, which the vault keeps.
    """

    name: str
    about: str
    script: Script = field(factory=Script)
    policy: Policy = OFFERING
    expected: Expected = Expected()
    returning: bool = False
