"""The loop guard, by itself."""

from linli import Context, PluginDomain, UserId
from linli_automation.engine.guard import DEEP, LINK_S, LONGEST_PAUSE_S, MOST_IN_WINDOW, PAUSE_S, Guard

RULES = PluginDomain("automation")


class Watch:
    def __init__(self):
        self.now = 0.0
        self.named = []
        self.guard = Guard(lambda: self.now, lambda *words: self.named.append(words))

    def chain(self, rules, length, cause=None):
        """The pauses of ``length`` starts, each caused by the one before."""
        pauses = []
        for index in range(length):
            rule = rules[index % len(rules)]
            pauses.append(self.guard.pause_before(rule, cause))
            context = Context(plugin=RULES, parent_id=None if cause is None else cause.id)
            self.guard.ran(rule, cause, context)
            cause = context
            self.now += 0.001
        return pauses


def test_a_chain_that_people_write_is_not_slowed():
    watch = Watch()
    assert watch.chain(["a", "b", "c"], DEEP) == [0.0] * DEEP
    assert watch.named == []


def test_a_chain_without_end_is_slowed_and_both_are_named_once():
    watch = Watch()
    pauses = watch.chain(["a", "b"], DEEP + 4)
    assert pauses[DEEP : DEEP + 2] == [PAUSE_S, PAUSE_S]
    assert pauses[DEEP + 2 :] == [None, None]
    assert watch.guard.dropped == 2
    assert watch.named == [("a", "b", True), ("b", "a", True)]


def test_each_further_round_waits_longer_up_to_a_bound():
    watch = Watch()
    pauses = []
    for _ in range(9):
        pauses.append(watch.chain(["a"], DEEP + 1)[-1])
        watch.now += LONGEST_PAUSE_S
    assert pauses[:3] == [PAUSE_S, 2 * PAUSE_S, 4 * PAUSE_S]
    assert max(pauses) == LONGEST_PAUSE_S


def test_a_rule_that_starts_too_often_without_a_chain_is_slowed_too():
    watch = Watch()
    pauses = [watch.guard.pause_before("a", None) for _ in range(MOST_IN_WINDOW + 1)]
    assert set(pauses[:-1]) == {0.0}
    assert pauses[-1] == PAUSE_S


def test_what_somebody_outside_asks_for_is_never_counted():
    watch = Watch()
    asked = Context(UserId("u" * 32))
    assert {watch.guard.pause_before("a", asked) for _ in range(MOST_IN_WINDOW + 10)} == {0.0}
    assert watch.guard.pause_before("a", None) == 0.0


def test_a_rule_that_is_quiet_again_is_told_so():
    watch = Watch()
    watch.chain(["a"], DEEP + 1)
    watch.now += 2 * LONGEST_PAUSE_S
    assert watch.guard.pause_before("a", None) == 0.0
    assert watch.named == [("a", "a", True), ("a", None, False)]


def test_a_chain_goes_on_through_rules_of_another_kind():
    watch, cause, pauses = Watch(), None, []
    for _ in range(DEEP + 1):
        pauses.append(watch.guard.pause_before("a", cause))
        run = Context(plugin=RULES, parent_id=None if cause is None else cause.id)
        watch.guard.ran("a", cause, run)
        for _ in range(3):
            run = run.child()
            watch.guard.passed(run)
        cause = run
    assert pauses == [0.0] * DEEP + [PAUSE_S]


def test_what_comes_of_a_rule_much_later_is_no_link_of_a_chain():
    watch, cause = Watch(), None
    for _ in range(3 * DEEP):
        assert watch.guard.pause_before("a", cause) == 0.0
        run = Context(plugin=RULES, parent_id=None if cause is None else cause.id)
        watch.guard.ran("a", cause, run)
        cause = run
        watch.now += LINK_S + 1


def test_a_pause_of_the_guard_does_not_end_the_chain_that_it_slows():
    watch, cause, pauses = Watch(), None, []
    for _ in range(DEEP + 3):
        pauses.append(watch.guard.pause_before("a", cause))
        watch.now += pauses[-1]
        run = Context(plugin=RULES, parent_id=None if cause is None else cause.id)
        watch.guard.ran("a", cause, run)
        cause = run
    assert pauses[DEEP:] == [PAUSE_S, 2 * PAUSE_S, 4 * PAUSE_S]
