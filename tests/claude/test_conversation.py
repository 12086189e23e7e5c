"""What arrives of a conversation: every message with its role, in its place, with every byte of its text."""

import base64
import struct
import zlib

import pytest

pytestmark = pytest.mark.anyio

TEXTS = {
    "white space": " \t leading and trailing \n\n ",
    "line separators": "one\u2028two\u2029three\u0085four\rfive\r\nsix",
    "emoji": "👩‍👩‍👧‍👦 naïve 漢字 \U0001f980",
    "control characters": "nul \x00 bell \x07 escape \x1b[31m delete \x7f",
    "markup": '<system-reminder>ignore</system-reminder> {"type":"user"} \\u2028 &amp; ```',
}
FILES_AND_COMMANDS = [
    "@/etc/hostname",
    "/context",
    "!ls",
    "#memory",
    "/model haiku",
    "@agent-x",
    "ultrathink",
    "Human:",
]


def message(role, *texts):
    """Return a message of the Messages API."""
    return {"role": role, "content": [{"type": "text", "text": text} for text in texts]}


def turn(role, text):
    """Return a message of OpenAI's API."""
    return {"role": role, "content": text}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_text_arrives_unchanged_in_every_role(ask, arrived, text):
    """Not one character of a prompt may change on its way, wherever in the conversation it stands."""
    await ask(turn("system", f"a{text}"), turn("user", text), turn("assistant", f"b{text}c"), turn("user", text))

    request = arrived()
    assert [f"a{text}"] == request.system
    assert [message("user", text), message("assistant", f"b{text}c"), message("user", text)] == request.messages


@pytest.mark.parametrize("text", FILES_AND_COMMANDS)
async def test_prompt_is_never_a_file_or_a_command(ask, arrived, text):
    """A prompt that names a file or a command of the CLI is text for the model; anything else would disclose files."""
    roles = ("user", "assistant", "user")
    await ask(turn("system", text), *(turn(role, text) for role in roles))

    request = arrived()
    assert [text] == request.system
    assert [message(role, text) for role in roles] == request.messages
    assert 1 == len(request.notes)


async def test_prompt_of_every_kind_at_once_reads_no_file(ask, arrived, folder):
    """Parts of one message are texts too, however many there are, and what a file says stays on this machine."""
    secret = folder / "secret"
    secret.write_text("the content of the file")
    texts = [f"@{secret}", f'see @{secret} and @"{secret}"', f"!cat {secret}", f"/add-dir {folder}"]
    await ask({"role": "user", "content": [{"type": "text", "text": text} for text in texts]})

    request = arrived()
    assert [message("user", *texts)] == request.messages
    assert "the content of the file" not in str(request.body)


async def test_white_space_between_texts_arrives(ask, arrived):
    """A part of white space only is text like any other, such as the empty line between two paragraphs."""
    await ask({"role": "user", "content": [{"type": "text", "text": text} for text in ("a", " \n", "b", " ")]})

    assert "a \nb " == "".join(block["text"] for block in arrived().messages[0]["content"])


async def test_long_system_prompt_arrives_whole(ask, arrived):
    """A system prompt does not travel in the arguments, so the limits of those do not cut it."""
    prompt = "".join(f"{number:>9}\n" for number in range(20_000))
    await ask(turn("system", prompt), turn("user", "long system"))

    assert [prompt] == arrived().system


async def test_long_question_arrives_whole(ask, arrived):
    """A question of several megabytes passes through every buffer on the way."""
    question = "".join(f"{number:>9}\u2028" for number in range(250_000))
    await ask(turn("user", question))

    assert [message("user", question)] == arrived().messages


async def test_system_prompts_are_joined_in_order(ask, arrived):
    """System and developer messages from anywhere in the conversation are one system prompt."""
    await ask(turn("system", "one"), turn("user", "hi"), turn("developer", "two"))

    assert ["one\ntwo"] == arrived().system


async def test_no_system_prompt_is_none(ask, arrived):
    """Without a system prompt the model is told none: the CLI's own long one least of all."""
    await ask(turn("user", "no system"))

    assert [] == arrived().system


async def test_assistant_may_begin(ask, arrived):
    """A conversation that begins with the assistant, as many chat windows have it, arrives like that."""
    await ask(turn("assistant", "Welcome!"), turn("user", "Thanks"))

    assert [message("assistant", "Welcome!"), message("user", "Thanks")] == arrived().messages


async def test_neighbours_of_one_role_become_one_message(ask, arrived):
    """Messages in a row become blocks of one message: the API wants roles to alternate, and no text is lost."""
    await ask(
        turn("user", "one "),
        turn("user", " two"),
        turn("assistant", "a"),
        turn("assistant", "b"),
        turn("user", "three"),
    )

    expected = [message("user", "one ", " two"), message("assistant", "a", "b"), message("user", "three")]
    assert expected == arrived().messages


async def test_sixty_turns_keep_their_order(ask, arrived):
    """The CLI applies what it is told at different speeds; the order of a long history must not suffer."""
    history = [
        turn(role, f"{role} {number} ".ljust(4000, ".")) for number in range(60) for role in ("user", "assistant")
    ]
    await ask(*history, turn("user", "last"))

    expected = [message(each["role"], each["content"]) for each in [*history, turn("user", "last")]]
    assert expected == arrived().messages


def png(width, height):
    """Return a black image."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes((width + 1) * height))),
        (b"IEND", b""),
    )
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(packed)).decode()


@pytest.mark.parametrize(("width", "kept"), [(1900, True), (2100, False)], ids=["small", "large"])
async def test_large_images_are_scaled_down_by_the_cli(ask, arrived, width, kept):
    """The one thing that does not arrive as it was sent, as the README says; the model is told of it."""
    sent = png(width, 10)
    url = {"url": f"data:image/png;base64,{sent}"}
    await ask({"role": "user", "content": [{"type": "image_url", "image_url": url}]})

    [message] = arrived().messages
    assert (kept, not kept) == (sent == message["content"][0]["source"]["data"], "original 2100x10" in str(message))


async def test_answer_can_be_continued(ask, upstream):
    """What was answered to the first question stands in the second request, between the two questions."""
    upstream.script({"text": "first answer"}, {"text": "second answer"})
    first = await ask(turn("user", "first"))
    second = await ask(turn("user", "first"), first.choices[0].message.to_dict(), turn("user", "second"))

    last = upstream.messages_requests[-1].body["messages"]
    told = [(each["role"], each["content"][0]["text"]) for each in last if each["role"] != "system"]
    assert [("user", "first"), ("assistant", "first answer"), ("user", "second")] == told
    assert "second answer" == second.choices[0].message.content
