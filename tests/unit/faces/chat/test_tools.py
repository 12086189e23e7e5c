"""Functions and schemas: what the CLI takes as it is, and what is refused because it would be lost in silence."""

import orjson
import pytest

from cmappy.errors import InvalidRequest
from cmappy.faces.chat.asked import read as ask
from cmappy.faces.face import Caller, Options
from cmappy.turn import Tool

SMALLEST = {"model": "sonnet", "messages": [{"role": "user", "content": "Hi"}]}
OBJECT = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "string"}}}


def function(name="f", **fields):
    """Return a function, as a client describes it."""
    return {"name": name} | fields


def tool(name="f", **fields):
    """Return an item of `tools`."""
    return {"type": "function", "function": function(name, **fields)}


def allowed(*names, **fields):
    """Return a choice among some tools."""
    return {"type": "allowed_tools", "allowed_tools": {"tools": [tool(name) for name in names]} | fields}


def asked(**fields):
    """Return the turn for a request with these fields."""
    return ask(SMALLEST | fields, Options(), Caller()).turn("sonnet")


def offered(*functions):
    """Return the tools that functions become."""
    return asked(tools=list(functions)).tools


def wrong(**fields):
    """Return the error of a request with these fields."""
    with pytest.raises(InvalidRequest) as caught:
        asked(**fields)
    return caught.value.param, caught.value.code


def choose(**fields):
    """Return the choice for a request."""
    turn = asked(**fields)
    return turn.tool_choice, turn.tool_name


def schema(wanted):
    """Return the schema of the answer for a JSON schema."""
    return asked(response_format={"type": "json_schema", "json_schema": wanted}).schema


def test_function_becomes_a_tool_with_its_schema_unchanged():
    """The order of properties is the client's, and tells the model something."""
    expected = (Tool("f", "does f", orjson.dumps(OBJECT).decode()),)

    assert expected == offered(tool(description="does f", parameters=OBJECT, strict=True))


def test_older_form_is_the_same():
    """`functions` and `tools` differ in their envelope only."""
    assert offered(tool(parameters=OBJECT)) == asked(functions=[function(parameters=OBJECT)]).tools


@pytest.mark.parametrize(
    "parameters", [None, {}, {"properties": {}}, {"type": None}], ids=["absent", "empty", "no type", "null type"]
)
def test_schema_gets_the_root_type_that_it_must_have(parameters):
    """One tool without it makes the CLI lose all tools, in silence."""
    [made] = offered(tool(parameters=parameters))

    assert "object" == orjson.loads(made.schema)["type"]


def test_null_keywords_are_dropped():
    """`required: null` is one that spoils all tools."""
    [made] = offered(tool(parameters={"type": "object", "required": None}))

    assert {"type": "object"} == orjson.loads(made.schema)


@pytest.mark.parametrize("name", ["f", "my-tool_9", "Bash", "f" * 64])
def test_names_are_openais(name):
    """The CLI's own names are free: its tools are off."""
    assert name == offered(tool(name))[0].name


def test_names_that_the_api_does_not_take_are_found_again():
    """It refuses a request with a `.` in a name."""
    fields = {"tools": [tool("my.tool.x"), tool("g")], "functions": [function("h.i")]}

    names = ask(SMALLEST | fields, Options(), Caller()).toolbox.names

    assert {"my_tool_x": "my.tool.x", "g": "g", "h_i": "h.i"} == names


@pytest.mark.parametrize("name", ["", "f" * 65, "sp ace", "é", "a/b", "a:b"])
def test_other_names_are_refused(name):
    """As OpenAI does."""
    assert ("tools[0].function.name", "invalid_value") == wrong(tools=[tool(name)])


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"tools": [tool(), tool()]}, "tools[1].function.name", "invalid_value"),
        ({"functions": [function(), function()]}, "functions[1].name", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        ({"tools": [tool(parameters={"type": "array"})]}, "tools[0].function.parameters", "invalid_schema"),
        ({"tools": [tool(parameters={"type": ["object"]})]}, "tools[0].function.parameters", "invalid_schema"),
        ({"functions": [function(parameters={"required": 5})]}, "functions[0].parameters", "invalid_schema"),
        (
            {"tools": [tool(parameters={"$ref": "http://a.invalid/b"})]},
            "tools[0].function.parameters",
            "invalid_schema",
        ),
        ({"tools": [tool(parameters={"$ref": "#/$defs/none"})]}, "tools[0].function.parameters", "invalid_schema"),
    ],
    ids=[
        "twice",
        "twice in the older form",
        "no function",
        "array",
        "list of types",
        "no schema",
        "leads out",
        "leads nowhere",
    ],
)
def test_what_would_be_lost_in_silence_is_refused(fields, param, code):
    """By its path; nothing is fetched."""
    assert (param, code) == wrong(**fields)


def test_function_that_is_described_twice_counts_once():
    """Clients send `functions` beside `tools` for servers that know one of them only."""
    assert [Tool("f", "", '{"type":"object"}')] == list(asked(tools=[tool()], functions=[function()]).tools)


def test_more_tools_are_taken_than_openai_takes():
    """Their bytes are what counts."""
    assert 300 == len(offered(*(tool(f"f{at}") for at in range(300))))


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["a.b", "a_b"], ["a_b", "a_b_2"]),
        (["ToolSearch"], ["ToolSearch_2"]),
        (["StructuredOutput"], ["StructuredOutput"]),
        ([".".ljust(64, "x"), "_".ljust(64, "x")], ["_".ljust(64, "x"), "_".ljust(58, "x") + "_2"]),
    ],
)
def test_name_that_is_taken_becomes_another(names, taken):
    """Two of the client's may be one for the API, and the CLI has some of its own."""
    assert taken == [made.name for made in offered(*map(tool, names))]


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, ("auto", "")),
        ({"tools": [tool()]}, ("auto", "")),
        ({"tools": [tool()], "tool_choice": "auto"}, ("auto", "")),
        ({"tools": [tool()], "tool_choice": "none"}, ("none", "")),
        ({"tool_choice": "none"}, ("auto", "")),
        ({"tools": [tool()], "tool_choice": "required"}, ("any", "")),
        ({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "f"}}}, ("tool", "f")),
        ({"functions": [function()], "function_call": {"name": "f"}}, ("tool", "f")),
        ({"functions": [function()], "function_call": "none"}, ("none", "")),
        ({"functions": [function()], "function_call": "none", "tool_choice": "required"}, ("any", "")),
        ({"tool_choice": "required"}, ("auto", "")),
        ({"tools": [tool("a.b")], "tool_choice": {"type": "function", "function": {"name": "a.b"}}}, ("tool", "a_b")),
        ({"tools": [tool()], "tool_choice": allowed("f")}, ("auto", "")),
        ({"tools": [tool()], "tool_choice": allowed("f", mode="required")}, ("any", "")),
        ({"tool_choice": allowed(mode="required")}, ("auto", "")),
    ],
)
def test_choice_is_the_apis(fields, choice):
    """`required` is `any` there; `none` without tools is nothing."""
    assert choice == choose(**fields)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [tool()], "tool_choice": allowed("g")}, "tool_choice.allowed_tools"),
        ({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
        ({"function_call": {"name": "g"}}, "function_call"),
    ],
)
def test_choice_of_nothing_is_an_error(fields, param):
    """The model cannot call what is not there."""
    with pytest.raises(InvalidRequest) as caught:
        choose(**fields)

    assert param == caught.value.param


def test_name_of_the_answer_is_taken_where_the_answer_has_a_schema():
    """The CLI makes the model give it as the input of a tool."""
    asked_for = asked(tools=[tool("StructuredOutput")], response_format={"type": "json_object"})

    assert ["StructuredOutput_2"] == [made.name for made in asked_for.tools]


def test_tools_that_are_not_allowed_are_not_there():
    """The model cannot call them: a stricter promise than OpenAI's, which only masks them."""
    assert ["g"] == [made.name for made in asked(tools=[tool("f"), tool("g")], tool_choice=allowed("g")).tools]


@pytest.mark.parametrize("other", [{"type": "custom", "custom": {"name": "g"}}, {"type": "web_search"}])
def test_tools_of_other_types_are_not_there(other):
    """The model has the functions; the others are named in a header."""
    assert ["f"] == [made.name for made in offered(other, tool())]


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ({"type": "text"}, ""),
        ({"type": "json_object"}, '{"type":"object"}'),
        ({"type": "json_schema", "json_schema": {"name": "n"}}, '{"type":"object"}'),
    ],
)
def test_response_format_is_a_schema_or_nothing(wanted, made):
    """Any object is a schema too."""
    assert made == asked(response_format=wanted).schema


def test_schema_of_the_answer_keeps_the_order_of_its_keys():
    """Its JSON is what the client wrote."""
    assert orjson.dumps(OBJECT).decode() == schema({"name": "n", "schema": OBJECT})


def test_schema_of_an_older_draft_is_read_as_such():
    """In draft 7 `items` may be a list, which is an error today."""
    older = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"a": {"items": [{}]}},
    }

    assert older == orjson.loads(schema({"schema": older}))


@pytest.mark.parametrize(
    ("wanted", "param", "code"),
    [
        ({"type": "json_schema"}, "response_format.json_schema", "missing_required_parameter"),
        (
            {"type": "json_schema", "json_schema": {"schema": {"type": "string"}}},
            "response_format.json_schema.schema",
            "invalid_schema",
        ),
        (
            {"type": "json_schema", "json_schema": {"schema": {"type": "object", "properties": 5}}},
            "response_format.json_schema.schema",
            "invalid_schema",
        ),
        (
            {"type": "json_schema", "json_schema": {"schema": {"anyOf": [{}]}}},
            "response_format.json_schema.schema",
            "invalid_schema",
        ),
    ],
)
def test_wrong_schema_of_the_answer_is_an_error(wanted, param, code):
    """The CLI would ignore it, and the client would be promised what nobody checked."""
    assert (param, code) == wrong(response_format=wanted)
