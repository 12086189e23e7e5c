"""Which API an URL belongs to."""

import pytest

from cmappy.faces import FACES, face_at


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
@pytest.mark.parametrize("path", ["{}", "/v1{}", "/v1{}/id_1/part"])
def test_url_of_a_face_is_its_own(face, path):
    """With and without the prefix, and what is below it."""
    assert face is face_at(path.format(face.path), ())


@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/nothing", "/v1/chat/completionsandmore"])
def test_other_urls_get_the_first_face(path):
    """OpenAI's clients are the most."""
    assert FACES[0] is face_at(path, {"authorization"})


@pytest.mark.parametrize("face", [face for face in FACES if face.marker], ids=lambda face: face.name)
def test_other_urls_get_the_face_of_a_client_that_is_known_by_a_header(face):
    """Its errors are then in the form that this client reads."""
    assert face is face_at("/v1/models", {face.marker})
