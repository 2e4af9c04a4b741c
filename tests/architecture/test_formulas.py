"""Every public formula stands behind a published number, or judges the engines' own version of it.

Reachable is what the code itself says: from the command, the jobs and everything that runs when a
module is imported, follow each name that a function, class or constant mentions to where it is
defined, through imports, until nothing new comes. A class counts as one with its methods, so a
method that nobody calls hides behind its class: `test_every_method_is_called` looks for its name.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
FORMULAS = "tradegains.formulas."
ENTRY = ("tradegains.command.cli", "program")

# A formula whose twin is written for the engines alone -> the test that demands equal numbers.
ORACLES = {
    "export_entry.mean_probability_due_to_cut": (
        "statistics/test_probits.py::test_the_probability_due_to_the_cut_is_that_of_the_formula"
    ),
    "fixed_point.to_fixed_point": "families/test_amounts.py::test_amounts_are_rounded_as_in_python",
    "intra_industry_trade.trade_cells": (
        "formulas/test_intra_industry_trade.py::test_rows_are_of_the_cells_of_the_formula"
    ),
    "fixed_point.loses_digits": "families/test_amounts.py::test_amounts_are_rounded_as_in_python",
    "moments.moments_of": (
        "statistics/test_exact_selection.py::test_distributions_are_the_plain_distributions"
    ),
    "productivity.log_labour_productivity": (
        "transforms/test_productivity_columns.py::test_log_productivity_is_that_of_the_formula"
    ),
    "productivity.productivity_class": (
        "transforms/test_productivity_columns.py::test_quartiles_are_the_classes_of_the_formula"
    ),
    "quantiles.median": "statistics/test_exact_selection.py::test_medians_are_the_plain_medians",
    "quantiles.weighted_quantile": (
        "statistics/test_exact_selection.py::test_distributions_are_the_plain_distributions"
    ),
}

Name = tuple[str, str]
"""A module, and a function, class or constant at its top level."""


def module_of(path: Path) -> str:
    """Dotted name of a source."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package, parsed."""
    paths = sorted((SOURCE / "tradegains").rglob("*.py"))
    return {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def definitions(module: str) -> dict[str, ast.stmt]:
    """What a module defines at its top level, by name."""
    found: dict[str, ast.stmt] = {}
    for node in modules()[module].body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (each for target in targets for each in ast.walk(target))
            found |= {each.id: node for each in names if isinstance(each, ast.Name)}
    return found


def imports(tree: ast.AST) -> dict[str, str]:
    """Full name of each imported name, wherever the import stands."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@cache
def imports_of(module: str) -> dict[str, str]:
    return imports(modules()[module])


def origin(full: str) -> Name | None:
    """Where a full name is defined, through modules that pass it on."""
    module, _, name = full.rpartition(".")
    if module not in modules():
        return None
    if name in definitions(module):
        return module, name
    passed_on = imports_of(module).get(name, full)
    return None if passed_on == full else origin(passed_on)


def mentioned(module: str, node: ast.AST) -> Iterator[Name]:
    """Definitions whose names stand in a piece of a module.

    A module that is handed on as a value, as the sections of the report are, may be asked for
    anything that it defines.
    """
    own, imported = definitions(module), imports_of(module)
    of_modules = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            found = origin(f"{imported.get(each.value.id, '')}.{each.attr}")
            if found is not None:
                of_modules.add(each.value)
                yield found
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each not in of_modules:
            full = imported.get(each.id, "")
            if each.id in own:
                yield module, each.id
            elif full in modules():
                yield from ((full, name) for name in definitions(full))
            elif found := origin(full):
                yield found


def entries() -> Iterator[Name]:
    """What the command, the jobs and the import of modules begin with."""
    yield ENTRY
    for job in sorted((ROOT / "jobs").glob("*.py")):
        for full in imports(ast.parse(job.read_text(encoding="utf-8"))).values():
            if found := origin(full):
                yield found
    for module, tree in modules().items():
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign):
                yield from mentioned(module, node)


def reached(start: Iterator[Name]) -> set[Name]:
    """All that these lead to, themselves included."""
    found: set[Name] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            module, definition = name
            waiting += mentioned(module, definitions(module)[definition])
    return found


def public_formulas() -> list[Name]:
    """Every public name of the room."""
    return [
        (module, name)
        for module in modules()
        if module.startswith(FORMULAS)
        for name in definitions(module)
        if not name.startswith("_")
    ]


def short(name: Name) -> str:
    return ".".join(name).removeprefix(FORMULAS)


def oracles() -> Iterator[Name]:
    for each in ORACLES:
        module, _, name = each.partition(".")
        yield FORMULAS + module, name


def test_every_public_formula_is_used_or_judges_a_twin() -> None:
    living = reached(entries()) | reached(oracles())
    idle = [short(name) for name in public_formulas() if name not in living]
    assert idle == [], "no command, job or report leads to these formulas: use them, or remove them"


def test_oracles_are_none_of_what_is_used() -> None:
    used = reached(entries())
    assert [short(name) for name in oracles() if name in used] == [], "no longer an oracle"


@pytest.mark.parametrize(("oracle", "test"), ORACLES.items())
def test_each_oracle_is_compared_with_its_twin(oracle: str, test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    formula = oracle.partition(".")[2]
    assert FORMULAS + oracle in imports(tree).values()
    # The test itself, and what it calls in its own file.
    mentions, waiting = set(), [name]
    while waiting:
        for each in ast.walk(functions[waiting.pop()]):
            if isinstance(each, ast.Name) and each.id not in mentions:
                mentions.add(each.id)
                waiting += [each.id] if each.id in functions else []
    assert formula in mentions, f"{test} does not compare {formula}"


def test_every_method_is_called() -> None:
    called = {
        each.attr
        for tree in modules().values()
        for each in ast.walk(tree)
        if isinstance(each, ast.Attribute)
    }
    idle = [
        f"{module.removeprefix(FORMULAS)}.{kind.name}.{method.name}"
        for module, tree in modules().items()
        if module.startswith(FORMULAS)
        for kind in tree.body
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
        if method.name not in called
    ]
    assert idle == []


def documented() -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """Public functions of the room, each with its docstring."""
    for name in public_formulas():
        node = definitions(name[0])[name[1]]
        if isinstance(node, ast.FunctionDef):
            yield short(name), node, ast.get_docstring(node) or ""


def test_every_public_formula_has_an_executed_example() -> None:
    assert [name for name, _, text in documented() if ">>> " not in text] == []


def test_formulas_of_several_arguments_explain_them() -> None:
    several = {
        name: text
        for name, node, text in documented()
        if len(node.args.args) + len(node.args.kwonlyargs) > 2
    }
    assert [name for name, text in several.items() if "Args:\n" not in text] == []


def test_formulas_that_raise_say_what() -> None:
    raising = {
        name: text
        for name, node, text in documented()
        if any(isinstance(each, ast.Raise) for each in ast.walk(node))
    }
    assert [name for name, text in raising.items() if "Raises:\n" not in text] == []
