"""Imports point one way, and what has to be pure is: the picture of the architecture, held by the source itself."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "cmappy"

# errors <- turn, answer <- middle <- faces | backends <- recording <- server <- commands, testing <- __main__
STOREYS = {
    "errors": 0,
    "turn": 1,
    "answer": 1,
    "status": 1,
    "middle": 2,
    "faces": 3,
    "backends": 3,
    "recording": 3.5,  # at the seam of a backend's lines
    "units": 1,
    "settings": 3,  # a side building: the server, the commands and __main__ may enter
    "server": 4,
    "commands": 5,
    "testing": 5.5,
    "__main__": 6,
}
PURE = {"errors", "turn", "answer", "status", "middle", "faces"}
IMPURITIES = {"os", "time", "random", "secrets", "asyncio", "datetime", "subprocess", "socket", "uuid", "tempfile"}


def modules():
    """Return the modules of the package: name without `cmappy.`, and syntax tree."""
    return {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
        for path in sorted(SOURCE.rglob("*.py"))
    }


MODULES = modules()
ROOMS = [name for name in MODULES if name != "__init__"]
PURE_MODULES = [
    name for name in ROOMS if name.split(".")[0] in PURE or "(pure)" in (ast.get_docstring(MODULES[name]) or "")
]


def imports(name):
    """Return the full names of all that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return found


def packages(name):
    """Return the top-level packages that a module imports."""
    return {imported.split(".")[0] for imported in imports(name)}


def rooms(name):
    """Return the rooms of this house that a module imports."""
    ours = {imported.split(".")[1] for imported in imports(name) if imported.startswith("cmappy.")}
    return ours & STOREYS.keys()


def test_every_room_is_in_the_picture():
    """A new top-level module needs a storey: decide what may import it."""
    assert set(STOREYS) == {name.split(".")[0] for name in ROOMS}


@pytest.mark.parametrize("name", ROOMS)
def test_imports_point_down(name):
    """A room may use its own storey's room and what is below; never a neighbour or what is above."""
    room = name.split(".")[0]

    wrong = {other for other in rooms(name) - {room} if STOREYS[other] >= STOREYS[room]}

    assert set() == wrong


@pytest.mark.parametrize("name", ROOMS)
def test_settings_are_read_by_the_server_and_the_commands_only(name):
    """Everything else is told what it needs, and can be used without settings."""
    reading = {"server", "commands", "testing", "settings"}
    assert name.split(".")[0] in reading or "settings" not in rooms(name)


@pytest.mark.parametrize("name", ROOMS)
def test_sanic_is_imported_by_the_server_only(name):
    """The web framework is a detail of one room."""
    assert name.split(".")[0] in {"server"} or "sanic" not in packages(name)


@pytest.mark.parametrize("name", ROOMS)
def test_asyncio_is_imported_where_there_is_io_only(name):
    """The middle needs no event loop."""
    doing = {"backends", "recording", "testing", "server", "commands", "__main__"}
    assert name.split(".")[0] in doing or "asyncio" not in packages(name)


@pytest.mark.parametrize("name", ROOMS)
def test_nothing_imports_the_sdk_the_tools_or_the_suites(name):
    """They check this package from outside; the SDKs are for tests only."""
    assert set() == packages(name) & {"openai", "anthropic", "tools", "conformance", "tests"}


@pytest.mark.parametrize("name", ROOMS)
def test_imports_are_absolute(name):
    """One spelling per module, so that this file and every reader can follow."""
    assert set() == {imported for imported in imports(name) if imported.startswith(".")}


@pytest.mark.parametrize("name", ROOMS)
def test_environment_is_read_by_the_settings_only(name):
    """A variable that is read elsewhere is a setting that nobody can find."""
    reads = {
        node.attr
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    } | {imported for imported in imports(name) if imported in {"os.environ", "os.getenv"}}

    # The plugin runs in a process of the user's: the variables are those of the tests, and no settings of ours.
    assert name in {"settings", "testing.plugin"} or set() == reads


@pytest.mark.parametrize("name", PURE_MODULES)
def test_pure_module_touches_nothing_outside(name):
    """Values in, values out: no clock, no chance, no system; ids and times are passed in."""
    assert set() == packages(name) & IMPURITIES


@pytest.mark.parametrize("name", PURE_MODULES)
def test_pure_module_waits_for_nothing(name):
    """No `await`, no `async`, no opening of files."""
    waits = {
        type(node).__name__
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith | ast.AsyncFunctionDef)
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"open", "print", "input"}
        )
    }

    assert set() == waits


@pytest.mark.parametrize("name", ["errors", "faces.chat.turn", "backends.claude.launch", "backends.claude.interpret"])
def test_these_are_held_to_be_pure(name):
    """The rules above reach the middle, and what calls itself pure elsewhere."""
    assert name in PURE_MODULES


@pytest.mark.parametrize("name", [*ROOMS, "__init__"])
def test_nothing_is_asserted(name):
    """`python -O` leaves assertions out: what has to hold is checked by an `if`."""
    assert [] == [node.lineno for node in ast.walk(MODULES[name]) if isinstance(node, ast.Assert)]
