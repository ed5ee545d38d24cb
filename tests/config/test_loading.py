"""Configuration: variables before the file, everything checked, every fault with its place."""

from pathlib import Path

import pytest

from powens_flow.config import OPTIONS, ConfigError, Configuration, load
from powens_flow.config.values import keys_path, store_path
from powens_flow.policy import Deadlines, Policy

REAL = {
    "POWENS_DOMAIN": "acme-sandbox",
    "POWENS_CLIENT_ID": "1",
    "POWENS_CLIENT_SECRET": "S3cr3t",
    "POWENS_FLOW_POLICY_REDIRECT_URI": "https://app.example/connect/callback",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "powens-flow.toml"


def faults(file: Path | None = None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(file, environ or {})
    assert "S3cr3t" not in str(raised.value)
    return [str(fault) for fault in raised.value.faults]


# --- what is read -------------------------------------------------------------------------------


def test_nothing_configured_is_the_simulator() -> None:
    read = load(None, {})
    assert read == Configuration()
    assert read.is_simulated


def test_a_real_domain_from_variables() -> None:
    read = load(None, REAL)
    assert (read.domain, read.client_id) == ("acme-sandbox", "1")
    assert read.client_secret is not None
    assert "S3cr3t" not in repr(read)
    assert not read.is_simulated


def test_a_variable_goes_before_the_file(file: Path) -> None:
    file.write_text('[web]\nport = 1\nhost = "::1"\n[policy]\nsources = "chain"\nbeta = false')
    read = load(file, {"POWENS_FLOW_PORT": "2", "POWENS_FLOW_POLICY_SOURCES": "restrict"})
    assert (read.port, read.host) == (2, "::1")
    assert (read.policy.sources, read.policy.beta) == ("restrict", False)


def test_each_of_the_policys_options_can_be_said(file: Path) -> None:
    file.write_text(
        """
        [policy]
        countries = ["FR"]
        no_progress_limit = 5
        at_least_one = true
        deadlines = { user = 60, bank = 7.5 }
        """
    )
    variables = {
        "POWENS_FLOW_POLICY_CONNECTORS": "40, 41,",
        "POWENS_FLOW_POLICY_CLEANUP": "False",
        "POWENS_FLOW_POLICY_DEADLINES_APPROVAL": "30",
    }
    assert load(file, variables).policy == Policy(
        countries=("FR",),
        connectors=("40", "41"),
        no_progress_limit=5,
        at_least_one=True,
        cleanup=False,
        deadlines=Deadlines(user=60, bank=7.5, approval=30),
    )


def test_the_file_is_found_where_a_variable_names_it(file: Path) -> None:
    file.write_text("[web]\nport = 3")
    assert load(None, {"POWENS_FLOW_CONFIG": str(file)}).port == 3


def test_the_file_is_found_in_the_present_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    file.write_text("[web]\nport = 4")
    assert load(None, {}).port == 4


def test_paths_in_the_file_are_seen_from_its_folder(file: Path) -> None:
    (file.parent / "secret").write_text("  S3cr3t\n")
    file.write_text('powens.client_secret_file = "secret"\nstore.path = "a/b.sqlite"')
    variables = {key: value for key, value in REAL.items() if key != "POWENS_CLIENT_SECRET"}
    read = load(file, variables)
    assert read.client_secret is not None
    assert read.client_secret.reveal() == "S3cr3t"
    assert read.store == file.parent / "a" / "b.sqlite"


def test_a_store_has_the_same_address_as_for_the_other_commands(file: Path) -> None:
    file.write_text('store.path = "sqlite:///a/b%20c.sqlite"')
    assert load(file, {}).store == file.parent / "a" / "b c.sqlite"
    assert load(None, {"POWENS_FLOW_STORE": "sqlite:///a.sqlite"}).store == Path("a.sqlite")
    assert load(None, {"POWENS_FLOW_STORE": "sqlite:////a.sqlite"}).store == Path("/a.sqlite")


def test_a_secret_may_be_in_a_file_that_a_variable_names(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("S3cr3t")
    variables = {**REAL, "POWENS_CLIENT_SECRET": ""}
    read = load(None, {**variables, "POWENS_CLIENT_SECRET_FILE": str(tmp_path / "secret")})
    assert read.client_secret is not None


def test_the_store_has_a_place_of_its_own_for_each_domain(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    read = load(None, {**REAL, **environ})
    path = store_path(read, environ)
    assert path == tmp_path / "powens-flow" / "acme-sandbox.sqlite"
    assert keys_path(path).name == "acme-sandbox.sqlite.keys"
    odd = Configuration(domain="http://127.0.0.1:80/2.0/")
    assert store_path(odd, environ).name == "127.0.0.1-80-2.0.sqlite"
    relative = store_path(read, {"XDG_STATE_HOME": "here"})
    assert relative.is_absolute()


def test_no_two_options_have_the_same_name() -> None:
    assert len({option.key for option in OPTIONS}) == len(OPTIONS)
    assert len({option.variable for option in OPTIONS}) == len(OPTIONS)


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[powens]\ndomian = 'acme'", "powens.domian: nothing of that name can be configured"),
        ("[powens]\ndomian = 'acme'", "perhaps powens.domain"),
        ("x = 1", "x: nothing of that name"),
        ("[powens]\nclient_secret = 'S3cr3t'", "a secret stands in no TOML file"),
        ("[powens]\nclient_secret = 'S3cr3t'", "`powens.client_secret_file`"),
        ("[web]\nport = 70000", "web.port: 70000 is not in 0 to 65535"),
        ("[web]\nport = '80'", "web.port: '80' is not of the right type"),
        ("[web]\nport = true", "web.port: True is not of the right type"),
        ("[web]\norigins = 'https://a'", "web.origins"),
        ("[web]\norigins = ['app.example']", "web.origins: an origin is a scheme"),
        ("[web]\nhost = ''", "web.host: it is empty"),
        ("[policy]\nsources = 'all'", "policy.sources: sources must be one of offer"),
        ("[policy]\nredirect_uri = 'https://a/?x'", "policy.redirect_uri: redirect_uri must be"),
        ("[policy]\nbeta = 'no'", "policy.beta"),
        ("[policy]\ndeadlines.user = 0", "policy.deadlines.user: user must be seconds, more"),
        ("[powens]\ndomain = 'acme'", "client_id"),
        ("[powens]\nclient_id = '1'", "the client's domain is missing"),
        ("[powens]\nclient_secret_file = 'nowhere'", "nowhere cannot be read"),
        ("[callback]\nurl = 'http://a.example'", "callback.url: plain http"),
        ("[callback]\nurl = 'https://a.example'", "what callbacks are signed with is missing"),
        ("[store]\npath = '.'", "store.path: it names no file; there are: a file of"),
        ("[store]\npath = 'mysql://ann:S3cr3t@db/x'", "store.path: no store at mysql://"),
        ('[store]\npath = "a\\u0000b"', "store.path: it holds a NUL"),
        ("[store]\npath = '~nobody.here/x'", "store.path: Could not determine home directory"),
        ('[web]\nhost = "a\\u0000b"', "web.host: it holds a NUL"),
        ("[web", "it is no TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    told = faults(file)
    assert any(said in one for one in told), told
    assert all(str(file) in one for one in told)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"POWENS_FLOW_PROT": "1"}, "POWENS_FLOW_PROT: nothing of that name"),
        ({"POWENS_FLOW_PROT": "1"}, "perhaps POWENS_FLOW_PORT"),
        ({"POWENS_FLOW_PORT": "many"}, "POWENS_FLOW_PORT: 'many' is no whole number"),
        ({"POWENS_FLOW_POLICY_BETA": "1"}, "(accepted: `true` or `false`)"),
        ({"POWENS_FLOW_POLICY_DEADLINES_USER": "x"}, "'x' is no number"),
        ({"POWENS_FLOW_STORE": "."}, "POWENS_FLOW_STORE: it names no file"),
        ({"POWENS_FLOW_STORE": "/tmp/.."}, "POWENS_FLOW_STORE: it names no file"),  # noqa: S108 - not opened
        ({"POWENS_FLOW_STORE": "x://y"}, "(accepted: path, or `sqlite:///FILE`)"),
        ({"POWENS_FLOW_KEYS": "S3cr3t"}, "POWENS_FLOW_KEYS: not a JWK Set"),
        ({"POWENS_FLOW_CONFIG": "/nowhere.toml"}, "/nowhere.toml: there is no such file"),
        ({**REAL, "POWENS_DOMAIN": "Acme!"}, "POWENS_DOMAIN: a domain is its name alone"),
        ({**REAL, "POWENS_CLIENT_ID": "x"}, "POWENS_CLIENT_ID: a client id is digits only"),
        ({**REAL, "POWENS_CLIENT_SECRET_FILE": "x"}, "both are given"),
        ({**REAL, "POWENS_FLOW_POLICY_REDIRECT_URI": ""}, "policy.redirect_uri or POWENS_FLOW_"),
        ({"POWENS_FLOW_CALLBACK_SECRETS": "S3cr3t"}, "a webhook secret is"),
    ],
)
def test_what_is_wrong_in_a_variable_is_told(variables: dict[str, str], said: str) -> None:
    told = faults(None, variables)
    assert any(said in one for one in told), told


def test_everything_that_is_wrong_is_told_at_once(file: Path) -> None:
    file.write_text("[web]\nport = -1\ncolour = 'red'")
    assert len(faults(file, {"POWENS_CLIENT_ID": "x"})) == 4


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    assert "cannot be read" in faults(file)[0]
