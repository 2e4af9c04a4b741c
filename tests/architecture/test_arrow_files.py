"""Arrow's threads read no file and no bytes of Python's: see `store/native_files.py`."""

import ast
from pathlib import Path

import tradegains

PACKAGE = Path(tradegains.__file__).parent
READERS = {"ParquetFile", "read_table", "read_csv", "open_csv", "read_metadata", "read_schema"}


def name_called(call: ast.expr) -> str:
    """The last name of what is called; "" where it is no call of a name."""
    found = call.func if isinstance(call, ast.Call) else None
    return found.attr if isinstance(found, ast.Attribute) else getattr(found, "id", "")


def files_of_python(code: ast.AST) -> set[str]:
    """The names by which files are known that Python opened."""
    items = [item for node in ast.walk(code) if isinstance(node, ast.With) for item in node.items]
    return {
        item.optional_vars.id
        for item in items
        if isinstance(item.optional_vars, ast.Name)
        and name_called(item.context_expr) in {"open", "BytesIO"}
    }


def read_by_arrow(code: ast.AST) -> list[tuple[int, str]]:
    """Line and name of each plain variable that is given to a reader of Arrow's."""
    calls = [node for node in ast.walk(code) if isinstance(node, ast.Call) and node.args]
    return [
        (call.lineno, call.args[0].id)
        for call in calls
        if name_called(call) in READERS and isinstance(call.args[0], ast.Name)
    ]


def test_arrow_is_given_no_file_that_python_opened() -> None:
    read, wrong = 0, []
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            found, of_python = read_by_arrow(function), files_of_python(function)
            read += len(found)
            wrong += [f"{path.name}:{line}" for line, name in found if name in of_python]
    assert read > 20
    assert wrong == []


def test_bytes_are_copied_to_arrow_in_one_place() -> None:
    makers = {
        path.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if name_called(node) == "BufferReader"  # type: ignore[arg-type]
    }
    assert makers == {"native_files.py"}
