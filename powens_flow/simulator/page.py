"""The bank's page, as HTML: works without scripts, every input labelled."""

from html import escape

_SHELL = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 30rem }}
body {{ margin: 3rem auto; padding: 0 1rem }}
label, input, button {{ display: block; font: inherit }}
input, button {{ width: 100%; box-sizing: border-box; padding: .6rem; margin: .3rem 0 1rem }}
[role=alert] {{ border-left: .3rem solid #b00020; padding-left: .8rem }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""

_FORM = """{alert}<p>Une application demande à consulter vos comptes.</p>
<p>Ceci est une banque simulée.</p>
<form method="post" action="/bank/authorise">
<input type="hidden" name="flow" value="{flow}">
<label for="login">Identifiant</label>
<input id="login" name="login" value="{login}" autocomplete="off">
<button name="decision" value="approve">Autoriser</button>
<button name="decision" value="refuse">Refuser</button>
<button name="decision" value="fail">Simuler une panne</button>
</form>"""


def form(bank: str, flow: str, login: str = "", alert: str = "") -> str:
    """The page that asks for the end user's consent, with the bank's words on the last try."""
    shown = f'<p role="alert">{escape(alert)}</p>\n' if alert else ""
    content = _FORM.format(alert=shown, flow=escape(flow), login=escape(login))
    return _SHELL.format(title=escape(bank), content=content)


def expired() -> str:
    """The page for a link that is unknown, was used, or has expired."""
    content = "<p>Ce lien a expiré ou a déjà été utilisé. Revenez à l'application.</p>"
    return _SHELL.format(title="Lien expiré", content=content)
