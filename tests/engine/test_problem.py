"""The form of a problem refuses what no reader could interpret."""

import re

import pytest

from scheduling.engine.errors import EngineError, InvalidProblemError
from scheduling.engine.profile import StepFunction, constant
from tests.builders.problems import (
    a_calendar,
    a_material,
    a_step,
    a_template,
    amount,
)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: a_step("CUT", 0), "CUT: work is 0; at least 1 minute."),
        (
            lambda: a_step("CUT", draw=-1),
            "CUT: draw is -1; draw and allowance are at least 0.",
        ),
        (lambda: a_step("CUT", allowance=-1), "draw and allowance are at least 0."),
        (
            lambda: a_step("CUT", crew_eighths=0),
            "CUT: crew_eighths is 0; people work on each step.",
        ),
        (
            lambda: a_material(quantity=0),
            "part:x: quantity is 0; at least 1 piece.",
        ),
        (lambda: a_template(liquid_permille=1_001), "M: liquid_permille is 1001;"),
        (lambda: a_template(liquid_permille=-1), "M: liquid_permille is -1;"),
        (lambda: a_template(site_permille=999), "M: site_permille is 999; at least"),
        (
            lambda: a_calendar(windows=((0, 10), (10, 20))),
            "calendar:always: open is (10, 20); windows rise and do not touch.",
        ),
        (lambda: a_calendar(windows=((5, 5),)), "windows rise and do not touch."),
        (lambda: amount((1, 5)), "times is (1,); times rise from 0."),
        (lambda: amount((0, 5), (0, 6)), "times rise from 0."),
        (lambda: amount((0, -1)), "values is -1; values are at least 0."),
        (lambda: StepFunction(times=(), values=()), "one value a time is needed."),
        (lambda: StepFunction(times=(0,), values=(1, 2)), "one value a time is needed"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(make, sentence):
    with pytest.raises(InvalidProblemError, match=re.escape(sentence)) as refused:
        make()

    assert isinstance(refused.value, EngineError)
    assert refused.value.code == "invalid_problem"


def test_a_template_without_steps_is_refused():
    template = a_template()

    with pytest.raises(InvalidProblemError, match="M: steps is 0; at least one step"):
        type(template)(
            key="M",
            label="M",
            steps=(),
            materials=(),
            liquid_permille=0,
            site_permille=1_000,
        )


def test_a_step_is_found_by_its_code():
    template = a_template()

    assert template.index_of("SOAK") == 2
    with pytest.raises(InvalidProblemError, match="M: step is WASH; not in the"):
        template.index_of("WASH")


def test_a_step_function_holds_from_one_moment_to_the_next():
    steps = amount((0, 5), (10, 2), (20, 7))

    assert [steps.at(minute) for minute in (-5, 0, 9, 10, 19, 20, 99)] == [
        5,
        5,
        5,
        2,
        2,
        7,
        7,
    ]
    assert (steps.highest(), constant(3).highest()) == (7, 3)
    assert (steps.lowest(0, 10), steps.lowest(0, 11), steps.lowest(20, 30)) == (5, 2, 7)
    assert list(steps.pieces(15)) == [(0, 10, 5), (10, 15, 2)]
    assert list(steps.pieces(30)) == [(0, 10, 5), (10, 20, 2), (20, 30, 7)]
