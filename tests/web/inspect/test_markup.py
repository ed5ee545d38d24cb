"""HTML that is made of anything, and read back."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from powens_flow.web.inspect.markup import Html, html, joined, tag


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.told = ""

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, attributes))

    def handle_data(self, data: str) -> None:
        self.told += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@given(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])))
def test_any_text_is_read_back_as_text(text: str) -> None:
    found = read(tag("p", text, title=text))

    assert found.tags == [("p", [("title", text)])]
    assert found.told == text


def test_what_is_html_stays_it_and_nothing_is_nothing() -> None:
    made = html(tag("b", 1), None, [Html("<i></i>"), "<"], ())

    assert made == "<b>1</b><i></i>&lt;"
    assert joined(["a", tag("b"), "c"], ", ") == "a, <b></b>, c"


def test_attributes() -> None:
    made = tag("img", class_="x", aria_label="y", hidden=True, alt="", width=None, open=False)

    assert made == '<img class="x" aria-label="y" hidden alt="">'
