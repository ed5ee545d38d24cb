"""The fault matrix, small: the columns that differ most. `python -m soak faults` plays all."""

import pytest

from powens_flow.calls import calls
from soak.cell import Came, Column
from soak.faults import Expected, cell, columns, columns_of, compared, table
from soak.story import LOCAL, OWNERS, STORIES, Story

SOME = ("answer_lost", "done_later", "e401", "always_e503", "vault_down", "always_vault_down")
CELLS = [(s, c) for s in STORIES for c in columns_of(s) if c.name in SOME]


def test_every_call_of_the_machines_has_a_story() -> None:
    assert {story.call for story in STORIES} | set(LOCAL) == set(calls.calls) | set(OWNERS)


def test_every_cell_is_told_apart_and_every_expectation_is_of_a_cell() -> None:
    names = [story.name for story in STORIES]
    assert len(names) == len(set(names))
    known = {column.name for column in columns()}
    for story, ends in table()["stories"].items():
        assert story in names
        assert known.issuperset(name for cells in ends.values() for name in cells)
    for story, cells in table()["left"].items():
        assert story in names
        assert known.issuperset(cells)


@pytest.mark.parametrize(("story", "column"), CELLS, ids=lambda part: part.name)
async def test_a_fault_loses_nothing_and_makes_nothing_twice(story: Story, column: Column) -> None:
    assert await cell(story, column) == []


def test_what_is_not_as_expected_is_told_by_its_kind() -> None:
    came = Came("cancelled", 2, 0, "incomplete", [("untold", "a row")])
    bad = list(compared(Expected("completed", 1, 1), came))
    assert bad == [
        ("untold", "a row"),
        ("lost", "ended cancelled, not completed"),
        ("twice", "2 users, not 1"),
        ("lost", "0 connections, not 1"),
        ("lost", "clean-up incomplete"),
    ]
