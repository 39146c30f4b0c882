"""The command line: one line of JSON, an exit code a script can use, no traceback."""

import json

import pytest

from scheduling.engine.__main__ import main
from scheduling.engine.network.problem import Lag
from scheduling.engine.network.serial import network_to_json
from scheduling.engine.serial import problem_to_json
from tests.builders import instance_files as files
from tests.builders.networks import a_network, an_activity
from tests.builders.problems import a_problem


@pytest.fixture
def run(capsys):
    """Return a function that runs a command: exit code and the answer's JSON."""

    def call(*arguments):
        code = main([str(one) for one in arguments])
        (line,) = capsys.readouterr().out.splitlines()
        return code, json.loads(line)

    return call


def _a_file(folder, problem=None):
    """Write a problem of two activities on one unit."""
    path = folder / "problem.json"
    activities = [an_activity("A"), an_activity("B", duration=3)]
    path.write_bytes(network_to_json(problem or a_network(activities)))
    return path


def test_solve_check_bound_and_explain_speak_one_form(run, tmp_path):
    problem, plan = _a_file(tmp_path), tmp_path / "plan.json"

    code, answer = run("solve", problem, "--seconds", "2", "--out", plan)
    assert code == 0
    assert (answer["status"], answer["objective"], answer["bound"]) == ("optimal", 5, 5)
    assert answer["gap"] == 0
    assert run("check", problem, plan)[1]["made"] == []
    assert run("bound", problem)[1]["reason"] == "energy of R"
    waits = run("explain", problem, plan)[1]
    assert [one["limit"] for one in waits["waits"]] == ["R"]


def test_a_plan_that_breaks_a_rule_ends_with_one(run, tmp_path):
    problem, plan = _a_file(tmp_path), tmp_path / "plan.json"
    run("solve", problem, "--seconds", "1", "--out", plan)
    plain = json.loads(plan.read_text())
    plain["rows"] = [["A", 0, 2, 0], ["B", 1, 4, 0]]
    plan.write_text(json.dumps(plain))

    code, answer = run("check", problem, plan)

    assert code == 1
    assert answer["made"] == ["R is overloaded by 1 from 1 to 2."]


def test_what_cannot_be_planned_ends_with_three(run, tmp_path):
    activities = [an_activity("A"), an_activity("B")]
    apart = Lag(before="A", after="B", least=0, most=0)
    together = Lag(before="A", after="B", least=0, most=0, of="start", to="start")
    assert apart != together
    problem = _a_file(tmp_path, a_network(activities, lags=(together,)))

    code, answer = run("solve", problem, "--seconds", "5")

    assert code == 3
    assert answer["status"] == "infeasible"
    assert answer["notes"] == [
        "Two configurations of CP-SAT agree that no plan exists."
    ]


def test_the_same_seed_gives_the_same_schedule(run, tmp_path):
    source, problem = tmp_path / "x.sm", tmp_path / "problem.json"
    source.write_text(files.PSPLIB)
    run("convert", "psplib", source, "--out", problem)
    found = []
    for name in ("one.json", "two.json"):
        run(
            "solve",
            problem,
            "--deterministic",
            "--seconds",
            "0.2",
            "--out",
            tmp_path / name,
        )
        found.append((tmp_path / name).read_bytes())

    assert found[0] == found[1]


@pytest.mark.parametrize("form", ["", '"form": "rack", '])
def test_a_file_without_a_form_is_of_racks(run, tmp_path, form):
    problem = tmp_path / "rack.json"
    data = problem_to_json(a_problem()).decode()
    problem.write_text("{" + form + data[1:])

    code, answer = run(
        "solve", problem, "--deterministic", "--seconds", "0.1", "--workers", "1"
    )

    assert code == 0
    assert (answer["form"], answer["unit"]) == ("rack", "cent")
    assert answer["bound"] <= answer["objective"]


def test_overlays_find_their_project_in_the_data_folder(run, tmp_path, monkeypatch):
    data, overlay = tmp_path / "data", tmp_path / "o" / "p" / "overlay.json"
    overlay.parent.mkdir(parents=True)
    overlay.write_text(json.dumps({"base": "x.sm", "capacity": {}}))
    problem = tmp_path / "problem.json"
    code, answer = run("convert", "rcpsp-t", overlay, "--out", problem)
    assert (code, answer["error"]) == (2, "file")
    assert "set RACKLINE_BENCH_DATA" in answer["sentence"]

    data.mkdir()
    (data / "x.sm").write_text(files.PSPLIB)
    monkeypatch.setenv("RACKLINE_BENCH_DATA", str(data))

    assert run("convert", "rcpsp-t", overlay, "--out", problem)[0] == 0


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("missing.json", None, "file"),
        ("text.json", b"not json", "invalid_problem"),
        ("list.json", b"[]", "invalid_problem"),
        ("form.json", b'{"form": "haiku", "version": 1}', "unknown_form"),
        ("nan.json", b'{"form": "network", "version": NaN}', "invalid_problem"),
        (
            "empty.json",
            b'{"form":"network","version":1,"activities":[]}',
            "invalid_problem",
        ),
    ],
)
def test_bad_files_are_refused_with_a_code_and_a_sentence(
    run, tmp_path, name, content, error
):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    for command in (["solve"], ["bound"]):
        code, answer = run(*command, path)

        assert (code, answer["error"]) == (2, error)
        assert answer["sentence"].endswith(".")


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve"],
        ["dance"],
        [],
        ["solve", "x", "--seconds", "nan"],
        ["solve", "x", "--workers", "0"],
        ["solve", "x", "--seed", "1.5"],
    ],
)
def test_bad_arguments_are_refused_like_bad_files(run, arguments):
    code, answer = run(*arguments)

    assert (code, answer["error"]) == (2, "usage")


def test_unknown_formats_and_unreadable_instances_are_told_apart(run, tmp_path):
    source = tmp_path / "x.txt"
    source.write_text("1 2 3")
    out = ("--out", tmp_path / "problem.json")

    assert run("convert", "xml", source, *out)[1]["error"] == "unknown_format"
    assert run("convert", "jsp", source, *out)[1]["error"] == "unreadable_file"
    source.write_bytes(b"\xff\xfe\x00")
    assert run("convert", "jsp", source, *out)[1]["error"] == "file"
    assert not (tmp_path / "problem.json").exists()


def test_a_terawatt_is_refused_by_name_in_the_rack_form(run, tmp_path):
    plain = json.loads(problem_to_json(a_problem()))
    for one in plain["resources"]:
        if one["kind"] == "node":
            one["capacity"]["values"] = [10**12]
            one["capacity"]["times"] = [0]
    path = tmp_path / "rack.json"
    path.write_text(json.dumps(plain))

    code, answer = run("solve", path, "--seconds", "0.1")

    assert (code, answer["error"]) == (2, "no_plan")
    assert "has a capacity of 1,000,000,000,000" in answer["sentence"]
