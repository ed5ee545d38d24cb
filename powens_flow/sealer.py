"""The door: values are checked against their fields, and sealed before an event exists."""

from collections.abc import Mapping

from powens_flow.api import PublicKey, PublicKeys, SealRefused, check_sealed, seal_values
from powens_flow.api.sealing import SealFlaw
from powens_flow.attempt import Attempt
from powens_flow.events import SubmitValues
from powens_flow.prompts import is_sealed
from powens_flow.values import missing_or_unknown, wrong_values


class ValuesRefused(ValueError):
    """A message key for each field whose value is wrong; never a value."""

    def __init__(self, fields: Mapping[str, str], *, seal_again: bool = False) -> None:
        super().__init__("wrong values")
        self.fields = fields
        self.seal_again = seal_again


class Sealer:
    """Checks and seals the values of one domain's attempts."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys

    async def seal(self, attempt: Attempt, values: Mapping[str, str]) -> SubmitValues:
        """Plaintext values as an event: checked, then sealed (webauth fields stay plain).

        Raises:
            ValuesRefused: a key for each wrong field.
            PowensError: the public key could not be fetched.
        """
        given = {name: value for name, value in values.items() if value not in ("", None)}
        wrong = await wrong_values(attempt.asked, given)
        if wrong:
            raise ValuesRefused(wrong)
        if not is_sealed(attempt):
            return SubmitValues(given)
        return SubmitValues(seal_values(given, await self._keys.current()))

    async def check(self, attempt: Attempt, values: Mapping[str, str]) -> Mapping[str, str]:
        """The values of an event, as they may be sent: sealed for the current key, and complete.

        Raises:
            ValuesRefused: a key for each wrong field; `seal_again` where the seal is wrong.
            PowensError: the public key could not be fetched.
        """
        if not is_sealed(attempt):
            wrong = await wrong_values(attempt.asked, values)
            if wrong:
                raise ValuesRefused(wrong)
            return {}
        wrong = missing_or_unknown(attempt.asked, values)
        if wrong:
            raise ValuesRefused(wrong)
        await self._check_seals(values)
        return values

    async def _check_seals(self, values: Mapping[str, str]) -> None:
        flaws = self._flaws(values, await self._keys.current())
        if SealFlaw.UNKNOWN_KID in flaws.values():  # the domain may have a new key
            flaws = self._flaws(values, await self._keys.refresh())
        if flaws:
            fields = {name: f"values.{flaw.value}" for name, flaw in flaws.items()}
            raise ValuesRefused(fields, seal_again=True)

    @staticmethod
    def _flaws(values: Mapping[str, str], key: PublicKey) -> dict[str, SealFlaw]:
        flaws: dict[str, SealFlaw] = {}
        for name, value in values.items():
            try:
                check_sealed(name, value, key)
            except SealRefused as refused:
                flaws[name] = refused.reason
        return flaws
