"""Imports point one way, and what has to be pure is: the picture of the architecture, held by the source itself."""

import ast
import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "cmappy"

# errors <- turn, answer <- middle <- faces | backends <- recording <- server <- commands, testing <- __main__
STOREYS = {
    "errors": 0,
    "sensitive": 0,
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
PURE = {"errors", "sensitive", "turn", "answer", "status", "middle", "faces"}
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


@cache
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


def identifiers(name):
    """Return the words that a module makes names of: its own path, what it imports, defines and uses."""
    found = {name} | imports(name)
    for node in ast.walk(MODULES[name]):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word) | ast.keyword(arg=str(word)):
                found.add(word)
            case ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word) | ast.ClassDef(name=word):
                found.add(word)
    return {word.lower() for word in found}


def rooms(name):
    """Return the rooms of this house that a module imports."""
    ours = {imported.split(".")[1] for imported in imports(name) if imported.startswith("cmappy.")}
    return ours & STOREYS.keys()


def test_every_room_is_in_the_picture():
    """A new top-level module needs a storey: decide what may import it."""
    assert set(STOREYS) == {name.split(".")[0] for name in ROOMS}


def among(names, found):
    """Return what a rule has found wrong, by module; modules without fault are left out."""
    return {name: wrong for name in names if (wrong := sorted(found(name)))}


def test_imports_point_down():
    """A room may use its own storey's room and what is below; never a neighbour or what is above."""

    def wrong(name):
        room = name.split(".")[0]
        return {other for other in rooms(name) - {room} if STOREYS[other] >= STOREYS[room]}

    assert {} == among(ROOMS, wrong)


FACES = {path.name for path in (SOURCE / "faces").iterdir() if (path / "__init__.py").exists()}
LISTS_ALL_FACES = "faces"  # the one module that does: `faces/__init__.py`


def test_faces_know_no_other_face():
    """Each is one API; what several need is in `faces/` itself, or in `middle/`."""
    assert {"chat", "completions", "messages", "responses"} <= FACES

    def wrong(name):
        mine = name.split(".")[1] if "." in name else ""
        return {
            other
            for other in imports(name)
            for face in FACES - {mine}
            if f"{other}.".startswith(f"cmappy.faces.{face}.")
        }

    assert {} == among([name for name in ROOMS if name.split(".")[0] == "faces" and name != LISTS_ALL_FACES], wrong)


def test_only_the_list_knows_the_faces():
    """The server, the commands and the tests' plugin serve whatever is on it."""
    below = tuple(f"cmappy.faces.{face}" for face in FACES)

    def wrong(name):
        return {other for other in imports(name) if other.startswith(below)}

    assert {} == among([name for name in ROOMS if name.split(".")[0] != "faces"], wrong)


@pytest.mark.parametrize(("room", "others"), [("faces", "backends"), ("backends", "faces"), ("recording", "faces")])
def test_faces_and_backends_never_meet(room, others):
    """What they have in common is a turn and an answer."""

    def wrong(name):
        return {other for other in imports(name) if other.startswith(f"cmappy.{others}")}

    assert {} == among([name for name in ROOMS if name.split(".")[0] == room], wrong)


WORDS = {
    # Where one is chosen: the settings, the commands, and the plugin that reads its recordings.
    "claude": ("backends.claude", "settings", "commands", "testing", "__main__"),
    "chat": ("faces.chat", LISTS_ALL_FACES),
    "completions": ("faces.completions", "faces.chat", LISTS_ALL_FACES),
    "response_format": ("faces.chat",),
    "openai": ("testing",),  # the plugin hands out clients
    "anthropic": ("testing",),
}


@pytest.mark.parametrize("word", WORDS)
def test_names_of_an_api_or_a_cli_stand_in_its_rooms_only(word):
    """A second CLI, or a fifth API, is a folder: no name elsewhere has to be changed for it."""
    allowed = WORDS[word]

    def wrong(name):
        if any(name == room or (room != LISTS_ALL_FACES and name.startswith(f"{room}.")) for room in allowed):
            return set()
        return {used for used in identifiers(name) if word in used}

    assert {} == among(ROOMS, wrong)


def test_settings_are_read_by_the_server_and_the_commands_only():
    """Everything else is told what it needs, and can be used without settings."""
    reading = {"server", "commands", "testing", "settings"}
    others = [name for name in ROOMS if name.split(".")[0] not in reading]

    assert {} == among(others, lambda name: rooms(name) & {"settings"})


def test_sanic_is_imported_by_the_server_only():
    """The web framework is a detail of one room."""
    others = [name for name in ROOMS if name.split(".")[0] != "server"]

    assert {} == among(others, lambda name: packages(name) & {"sanic"})


def test_asyncio_is_imported_where_there_is_io_only():
    """The middle needs no event loop."""
    doing = {"backends", "recording", "testing", "server", "commands", "__main__"}
    others = [name for name in ROOMS if name.split(".")[0] not in doing]

    assert {} == among(others, lambda name: packages(name) & {"asyncio"})


def test_nothing_imports_the_sdk_the_tools_or_the_suites():
    """They check this package from outside; the SDKs are for tests only."""
    outside = {"openai", "anthropic", "tools", "conformance", "tests"}

    assert {} == among(ROOMS, lambda name: packages(name) & outside)


def test_imports_are_absolute():
    """One spelling per module, so that this file and every reader can follow."""
    assert {} == among(ROOMS, lambda name: {imported for imported in imports(name) if imported.startswith(".")})


def test_environment_is_read_by_the_settings_only():
    """A variable that is read elsewhere is a setting that nobody can find."""

    def reads(name):
        return {
            node.attr
            for node in ast.walk(MODULES[name])
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        } | {imported for imported in imports(name) if imported in {"os.environ", "os.getenv"}}

    # The plugin runs in a process of the user's: the variables are those of the tests, and no settings of ours.
    assert {} == among(set(ROOMS) - {"settings", "testing.plugin"}, reads)


def test_pure_modules_touch_nothing_outside():
    """Values in, values out: no clock, no chance, no system; ids and times are passed in."""
    assert {} == among(PURE_MODULES, lambda name: packages(name) & IMPURITIES)


def test_pure_modules_wait_for_nothing():
    """No `await`, no `async`, no opening of files."""

    def waits(name):
        return {
            type(node).__name__
            for node in ast.walk(MODULES[name])
            if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith | ast.AsyncFunctionDef)
            or (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"open", "print", "input"}
            )
        }

    assert {} == among(PURE_MODULES, waits)


@pytest.mark.parametrize("name", ["errors", "faces.chat.turn", "backends.claude.launch", "backends.claude.interpret"])
def test_these_are_held_to_be_pure(name):
    """The rules above reach the middle, and what calls itself pure elsewhere."""
    assert name in PURE_MODULES


def test_every_pure_module_is_covered_in_full():
    """The list of `[tool.coverage.report]` has them all: a pure module has no branch that is hard to test."""
    project = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text("utf-8"))
    listed = project["tool"]["coverage"]["report"]["include"]
    paths = {name: Path(SOURCE.name, *name.split(".")) for name in PURE_MODULES}

    assert [] == [
        name
        for name, path in paths.items()
        if not any(fnmatch(f"{path}.py", pattern) or fnmatch(f"{path}/__init__.py", pattern) for pattern in listed)
    ]


def test_nothing_is_asserted():
    """`python -O` leaves assertions out: what has to hold is checked by an `if`."""

    def asserts(name):
        return [node.lineno for node in ast.walk(MODULES[name]) if isinstance(node, ast.Assert)]

    assert {} == among([*ROOMS, "__init__"], asserts)
