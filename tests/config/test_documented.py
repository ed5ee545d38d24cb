"""docs/configuration.md: its table is the code's, its example can be loaded."""

import re
from pathlib import Path

from powens_flow.config import load, table
from powens_flow.keyring import Keyring

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")


def test_the_table_of_options_is_true() -> None:
    found = re.search(r"<!-- options: .*? -->\n(.*?)\n<!-- /options -->", PAGE, re.S)
    assert found is not None
    assert found[1] == table()


def test_the_example_can_be_loaded(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE, re.S)
    assert found is not None
    (tmp_path / "powens").write_text("client-secret\n")
    (tmp_path / "callback").write_text("whsec_" + "A" * 32)
    text = found[1].replace("/run/secrets", str(tmp_path))
    (tmp_path / "c.toml").write_text(text)
    keys = Keyring.generate().to_jwk_set().reveal()
    read = load(tmp_path / "c.toml", {"POWENS_FLOW_KEYS": keys})
    assert read.domain == "acme-sandbox"
    assert read.store == tmp_path / "attempts.sqlite"
    assert read.policy.redirect_uri == "https://app.example/connect/callback"
    assert read.client_secret is not None
    assert read.client_secret.reveal() == "client-secret"
    assert len(read.callback_secrets) == 1
