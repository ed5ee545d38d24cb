"""What callers are shown of an attempt: views, prompts, and errors with the prompt that stands."""

from collections.abc import Callable

from powens_flow import events as e
from powens_flow.attempt import Attempt, Problem
from powens_flow.errors import EventNotAccepted, EventRefused, FlowError, Working, WrongValues
from powens_flow.evolving import evolve
from powens_flow.machine import Machines, NotAccepted
from powens_flow.prompts import WORKING, Prompt, prompt_of
from powens_flow.sealer import ValuesRefused
from powens_flow.secret import Secret
from powens_flow.view import View


class Viewing:
    """Shows attempts of these machines; `opened` opens a sealed address.

    One whose machine is not among them is shown as outdated: nothing can be done to it here.
    """

    def __init__(self, machines: Machines, opened: Callable[[str], Secret]) -> None:
        self._machines = machines
        self._opened = opened

    def accepts(self, attempt: Attempt) -> tuple[str, ...]:
        """The triggers that its state takes."""
        definition = self._machines.get(attempt.machine)
        if definition is None:
            return ()
        return definition.accepts(definition.today(attempt.state) or "")

    def prompt(self, attempt: Attempt) -> Prompt:
        """What is to be done now."""
        definition = self._machines.get(attempt.machine)
        if definition is None:
            return Prompt("try_again", "attempt.outdated", (), attempt.deadline_at)
        return prompt_of(attempt, definition, self._opened)

    def view(self, attempt: Attempt) -> View:
        """The attempt at rest."""
        return View(
            attempt_id=attempt.id,
            machine=attempt.machine,
            state=attempt.state,
            prompt=self.prompt(attempt),
            result=attempt.result,
            version=attempt.version,
        )

    def working(self, attempt: Attempt) -> View:
        """The view while the attempt is driven: nothing but a cancellation fits."""
        prompt = Prompt(WORKING, WORKING, ("cancel",))
        return evolve(self.view(attempt), prompt=prompt)

    def busy(self, attempt: Attempt) -> Working:
        """What is told of values while the attempt is driven."""
        error = Working(self.working(attempt).prompt)
        error.version = attempt.version
        return error

    def told(self, error: BaseException, attempt: Attempt) -> BaseException:
        """The error as the caller is to see it, with the prompt that still stands."""
        shown = self._told(error, attempt)
        if isinstance(shown, FlowError):
            shown.version = attempt.version
        return shown

    def _told(self, error: BaseException, attempt: Attempt) -> BaseException:
        if isinstance(error, NotAccepted):
            return EventNotAccepted(error, self.prompt(attempt))
        if isinstance(error, e.InvalidEvent):
            return EventRefused(error, self.prompt(attempt))
        if isinstance(error, ValuesRefused):
            key = "values.seal_again" if error.seal_again else "values.wrong"
            told = evolve(attempt, problem=Problem(key, fields=error.fields))
            return WrongValues(error.fields, self.prompt(told), seal_again=error.seal_again)
        return error
