"""How much of a frame the β lab decodes while β moves, in Node.js."""

from __future__ import annotations

from pathlib import Path

from tests.app import node

pytestmark = node.needs_node


def test_a_frame_is_coarser_after_some_that_came_late_and_fine_again_when_they_do_not(
    tmp_path: Path,
) -> None:
    """With two dimensions, of which an example takes 20 µs."""
    sides, least, again = node.run(
        tmp_path,
        {"lab/frame": "BUDGET, budgetAfter, detailFor"},
        """
        const side = (budget) => detailFor(0.02, 2, budget).side;
        let budget = BUDGET;
        const sides = [side(budget)];
        for (let frame = 0; frame < 40; frame++) sides.push(side((budget = budgetAfter(budget, 40))));
        const least = budget;
        let frames = 0;
        for (; side(budget) < 20; frames++) budget = budgetAfter(budget, 16);
        return [sides, least, frames];
        """,
    )
    assert sides[0] == 20  # 8 + 24 + 2 · 9 + 400 of 20 µs are 9 ms of the 12
    assert sides == sorted(sides, reverse=True)
    assert sides[-1] == 7
    assert 0 < least < 3
    assert 100 < again < 250  # it does not flicker
