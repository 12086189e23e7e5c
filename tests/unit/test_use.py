"""Which conversation will probably go on, by how it has gone on so far."""

from cmappy.backends.claude.use import Use


def used(*pauses, began=0.0):
    """Return the use of a process after a first turn at `began` and one more after each pause; turns take no time."""
    use = Use(since=began)
    for pause in pauses:
        use.goes_on(use.since + pause)
        use.since += pause
    return use


def test_conversation_is_in_use_once_it_has_gone_on_twice():
    """Most that were begun never go on."""
    assert [False, False, True] == [used(*[1] * turns).is_likely(turns) for turns in range(3)]


def test_conversation_is_in_use_as_long_as_it_pauses_no_longer_than_usual():
    """An agent's pauses are seconds, a person's are minutes."""
    agent, person = used(1, 2, 3), used(100, 200, 300)

    assert [(True, False), (True, False)] == [
        (use.is_likely(use.since + 4 * use.gap), use.is_likely(use.since + 5 * use.gap)) for use in (agent, person)
    ]


def test_process_that_changes_hands_is_new_again():
    """What was usual in one conversation says nothing of the next."""
    use = used(1, 2, 3)
    use.begins()

    assert (0, 0.0, False) == (use.hits, use.gap, use.is_likely(use.since))


def test_least_is_lost_with_what_was_left_then_with_what_has_gone_on_least_and_was_used_last():
    """Where conversations take turns, the one that was unused for longest comes next."""
    uses = {
        "left first": used(began=-500),
        "left with many turns": used(*[1] * 9, began=-400),
        "begun last": used(began=9),
        "begun first": used(began=1),
        "in use, last": used(1, 1, began=7),
        "in use, first": used(1, 1, began=2),
    }

    assert list(uses) == sorted(uses, key=lambda name: uses[name].rank(10))


def test_long_pauses_are_no_sign_where_they_are_usual():
    """A person who answers every ten minutes has not left after twenty."""
    assert [False, True] == [use.rank(use.since + 1200)[0] for use in (used(10, 10), used(600, 600))]
