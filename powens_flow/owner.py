"""What one end user may do with their attempts."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from powens_flow.arguments import (
    check_flag,
    check_id,
    check_key,
    check_page,
    check_start,
    check_values,
)
from powens_flow.attempts import Attempts
from powens_flow.connectors import ANY, ConnectorPage, Filter
from powens_flow.events import Event, InvalidEvent, SubmitValues, event_from_json
from powens_flow.idempotency import IdempotencyKey
from powens_flow.policy import Policy
from powens_flow.remedies import Remedy
from powens_flow.view import View

RECONNECT = "reconnect"


@frozen(eq=False)
class Owner:
    """The attempts of one end user (`Engine.for_owner`); another owner's do not exist here."""

    attempts: Attempts
    id: str

    async def start(
        self,
        machine: str = "add_connection",
        *,
        policy: Policy | None = None,
        key: IdempotencyKey | None = None,
    ) -> View:
        """A new attempt, taken to its first rest; with a `key` that came before, that attempt.

        Raises:
            KeyError: no machine of that name; the text says which there are.
            IdempotencyKeyReused: the key came before with another request.
            TypeError: a policy or a key that is none.
            ValueError: `reconnect`, which wants a connection: see the method of that name.
        """
        if machine == RECONNECT:
            raise ValueError("the machine 'reconnect' is started by owner.reconnect(id_connection)")
        check_start(policy, key)
        return await self.attempts.start(self.id, machine, policy, key)

    async def reconnect(
        self,
        id_connection: int,
        *,
        refresh: bool = False,
        policy: Policy | None = None,
        key: IdempotencyKey | None = None,
    ) -> View:
        """An attempt to repair a connection of this owner's permanent user.

        With `refresh` its PSD2 consent is renewed before it runs out (an SCA follows). `key` as
        in `start`.

        Raises:
            IdempotencyKeyReused: the key came before with another request.
            ValueError: the id is not a positive integer.
            TypeError: `refresh` is not a bool; a policy or a key that is none.
        """
        check_id("id_connection", id_connection)
        check_flag("refresh", refresh)
        check_start(policy, key)
        return await self.attempts.start(
            self.id, RECONNECT, policy, key, id_connection=id_connection, refresh=refresh
        )

    async def send(
        self,
        attempt_id: str,
        event: Event | Mapping[str, Any],
        *,
        key: IdempotencyKey | None = None,
    ) -> View:
        """Take an event, given as a value or as plain JSON, to the attempt's next rest.

        The work outlives a caller that is cancelled; one that waited long enough gets the prompt
        `working`. With a `key` under which the event was taken before, the attempt as it is; an
        event that was refused binds no key.

        Raises:
            IdempotencyKeyReused: the key came before with another request.
            NoSuchAttempt: there is none of that id for this owner.
            InvalidEvent: the JSON is no event, or it is a remedy of staff.
            EventNotAccepted: the attempt's state does not take it.
            EventRefused: its content cannot be taken.
            WrongValues: values that do not fit their fields, or are not sealed as they must be.
            Working: values, while a call is under way.
            PowensError: the public key, for which values have to be sealed, could not be fetched.
            TypeError: a key that is none.
        """
        check_key(key)
        made = event if isinstance(event, Event) else event_from_json(event)
        if isinstance(made, Remedy):
            raise InvalidEvent("an end user sends no remedy of staff")
        return await self.attempts.send(self.id, attempt_id, made, key)

    async def get(self, attempt_id: str) -> View:
        """The attempt as it is. Raises `NoSuchAttempt`."""
        return await self.attempts.get(self.id, attempt_id)

    async def connectors(
        self,
        attempt_id: str,
        q: str = "",
        *,
        page: int = 1,
        size: int = 50,
        only: Filter = ANY,
    ) -> ConnectorPage:
        """The connectors to choose from: those that the policy allows and whose name matches `q`.

        `only` narrows them down further: to a capability, a country, a mechanism.

        Raises:
            NoSuchAttempt: there is none of that id for this owner.
            PowensError: the list could not be read.
            ValueError: `q` is no text, `page` not a number from 1, `size` none from 1 to 1000.
        """
        check_page(q, page, size)
        return await self.attempts.connectors(self.id, attempt_id, q, page, size, only=only)

    async def seal(self, attempt_id: str, values: Mapping[str, str]) -> SubmitValues:
        """Plaintext values, checked against the fields asked for and sealed: an event to send.

        Raises:
            NoSuchAttempt: there is none of that id for this owner.
            EventNotAccepted: the attempt asks for no values now.
            WrongValues: a message key for each field that is wrong.
            InvalidEvent: the values are no mapping of fields' names.
            PowensError: the public key could not be fetched.
        """
        check_values(values)
        return await self.attempts.seal(self.id, attempt_id, values)
