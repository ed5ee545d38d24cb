"""The page around the page: HTML that loads `<powens-connect>`, in the browser's language."""

from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Final

from attrs import frozen

from powens_flow.serve.sessions import OPTIONS, Session
from powens_flow.serve.staff import INSPECT

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Connect a bank",
        "no_script": "This page needs JavaScript: what you type is encrypted before it leaves it.",
        "about": "Simulated banks: how to play",
        "nothing_real": "Nothing here is real, and nothing leaves this machine.",
        "logins": "The login chooses what happens; any password does (six digits where asked).",
        "code": "The code by SMS is 123456.",
        "inspect": "See attempts move, as staff do (in another tab)",
        "options": "A bank with several sources (Crédit Maritime et Rural, for one):",
        "offer": "offer the next one",
        "restrict": "only savings accounts",
        "chain": "all, one after the other",
        "anew": "Begin as a new person",
        "sms": "a code by SMS",
        "decoupled-2": "approval in the bank's app",
        "wrongpass-once": "wrong credentials, once",
        "sca-webauth": "the bank's own page",
        "action-needed": "terms to accept at the bank",
        "unavailable-20": "the bank is away for 20 seconds",
        "camille": "all goes well",
    },
    "fr": {
        "title": "Connecter une banque",
        "no_script": "Cette page a besoin de JavaScript : ce que vous saisissez y est chiffré.",
        "about": "Banques simulées : mode d'emploi",
        "nothing_real": "Rien n'est réel ici, et rien ne quitte cette machine.",
        "logins": "L'identifiant décide de la suite ; tout mot de passe convient"
        " (six chiffres si demandé).",
        "code": "Le code par SMS est 123456.",
        "inspect": "Voir avancer les tentatives, comme le support (dans un autre onglet)",
        "options": "Une banque à plusieurs sources (Crédit Maritime et Rural, par exemple) :",
        "offer": "proposer la suivante",
        "restrict": "les comptes d'épargne seulement",
        "chain": "toutes, l'une après l'autre",
        "anew": "Recommencer comme une autre personne",
        "sms": "un code par SMS",
        "decoupled-2": "validation dans l'application de la banque",
        "wrongpass-once": "mauvais identifiants, une fois",
        "sca-webauth": "la page de la banque",
        "action-needed": "des conditions à accepter à la banque",
        "unavailable-20": "la banque est absente 20 secondes",
        "camille": "tout va bien",
    },
}

LOGINS: Final = (
    "camille",
    "sms",
    "decoupled-2",
    "wrongpass-once",
    "sca-webauth",
    "action-needed",
    "unavailable-20",
)
"""Logins of the simulator that are worth a try."""


@frozen
class Shell:
    """The page at `/`. `is_simulated` shows how to play, `is_inspected` the way to `/inspect/`;
    `options` are the choice of sources."""

    is_simulated: bool = False
    is_inspected: bool = False
    options: tuple[str, ...] = OPTIONS

    def html(self, session: Session, language: str) -> str:
        """The page for one person."""
        texts = TEXTS[language]
        hints = self._hints(session, texts) if self.is_simulated else ""
        return _template("shell.html").format(
            language=language,
            title=escape(texts["title"]),
            no_script=escape(texts["no_script"]),
            hints=hints,
        )

    def _hints(self, session: Session, texts: Mapping[str, str]) -> str:
        logins = "\n".join(
            f"<li><code>{login}</code> {escape(texts[login])}</li>" for login in LOGINS
        )
        told = {name: escape(texts[name]) for name in ("about", "nothing_real", "logins", "code")}
        return _template("hints.html").format(
            **told,
            list=logins,
            inspect=self._inspect(texts),
            options=self._options(session, texts),
            anew=escape(texts["anew"]),
        )

    def _inspect(self, texts: Mapping[str, str]) -> str:
        if not self.is_inspected:
            return ""
        return f'<p><a href="{INSPECT}/" target="_blank">{escape(texts["inspect"])}</a></p>'

    def _options(self, session: Session, texts: Mapping[str, str]) -> str:
        if len(self.options) < 2:
            return f'<input type="hidden" name="sources" value="{session.sources}">'
        choices = "\n".join(
            f'<label><input type="radio" name="sources" value="{one}"'
            f"{' checked' if one == session.sources else ''}> {escape(texts[one])}</label>"
            for one in self.options
        )
        return f"<fieldset><legend>{escape(texts['options'])}</legend>\n{choices}\n</fieldset>"


def language_of(accepted: str) -> str:
    """`fr` or `en`: which of both an `Accept-Language` header wants first."""
    wanted = [_weighed(one) for one in accepted.split(",")[:20]]
    known = [(weight, name) for weight, name in wanted if name in TEXTS]
    return max(known, key=lambda one: one[0])[1] if known else "en"


def _weighed(wanted: str) -> tuple[float, str]:
    name, _, weight = wanted.strip().partition(";q=")
    try:
        value = float(weight) if weight else 1.0
    except ValueError:
        value = 0.0
    return value, name.split("-")[0].lower()


def _template(name: str) -> str:
    return resources.files("powens_flow.serve").joinpath("static", name).read_text("utf-8")
