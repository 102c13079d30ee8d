"""Synthetic English-Spanish pairs from a small grammar with names, numbers and dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from seqops.tasks.translation.data import sample_words as words

T = TypeVar("T")
SOURCES = 2600
Sentence = tuple[str, list[str]]
"""An English sentence and its Spanish translations, the most usual first."""


def sentence_pairs() -> list[tuple[str, str]]:
    """Return about 3,000 pairs, the same in every call; a source may have several translations."""
    grammar, pairs = Grammar(Random(0)), dict[str, list[str]]()  # noqa: S311 - invented text, no secret
    while len(pairs) < SOURCES:
        source, translations = grammar.sentence()
        pairs.setdefault(source, translations)
    return [(source, target) for source, targets in pairs.items() for target in targets]


class Grammar:
    """Sentences that agree in gender, number and person in both languages."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._patterns: Sequence[Callable[[], Sentence]] = (
            self._statement,
            self._negation,
            self._question,
            self._past,
            self._liking,
            self._wish,
            self._there_are,
            self._home,
            self._journey,
            self._event,
            self._mood,
            self._looks,
        )

    def sentence(self) -> Sentence:
        """Return a random sentence with its translations."""
        return self._one(self._patterns)()

    def _one(self, choices: Sequence[T]) -> T:
        return choices[int(self._random.random() * len(choices))]

    def _skewed(self, choices: Sequence[T]) -> T:
        """Draw from a skewed distribution: the first choices are frequent, most are rare, as with names."""
        return choices[int(self._random.random() ** 3 * len(choices))]

    def _place(self) -> str:
        return self._skewed(words.PLACES)

    def _name(self) -> str:
        return self._skewed([*words.WOMEN, *words.MEN])

    def _subject(self) -> tuple[str, str, words.Person]:
        """Return a name or pronoun in English and in Spanish ("": Spanish drops pronouns), and its person."""
        if self._random.random() < 0.4:
            name = self._name()
            return name, name, words.PERSONS[1]
        person = self._one(words.PERSONS)
        return person.english, "", person

    def _thing(self) -> tuple[str, str]:
        """Return a noun phrase in both languages: "the two red houses", "las dos casas rojas"."""
        noun, kind = self._one(words.NOUNS), self._random.random()
        feminine = noun.gender == "f"
        if kind < 0.3:
            return self._described(noun, "the", "la" if feminine else "el", plural=False)
        if kind < 0.5:
            article = "an" if noun.english[0] in "aeiou" else "a"
            return f"{article} {noun.english}", f"{'una' if feminine else 'un'} {noun.spanish}"
        if kind < 0.75:
            return self._described(noun, "the", "las" if feminine else "los", plural=True)
        number, numero = self._one(words.NUMBERS)
        return self._described(noun, number, numero, plural=True)

    def _described(self, noun: words.Noun, english: str, spanish: str, plural: bool) -> tuple[str, str]:
        english_noun, spanish_noun = (
            (noun.english_plural, noun.spanish_plural) if plural else (noun.english, noun.spanish)
        )
        if self._random.random() < 0.5:
            return f"{english} {english_noun}", f"{spanish} {spanish_noun}"
        adjective = self._one(words.ADJECTIVES)
        return (
            f"{english} {adjective[0]} {english_noun}",
            f"{spanish} {spanish_noun} {_agreeing(adjective, noun, plural)}",
        )

    def _statement(self) -> Sentence:
        verb, (english, spanish, person), (thing, cosa) = (
            self._one(words.VERBS),
            self._subject(),
            self._thing(),
        )
        present = verb.third if person.does == "does" else verb.base
        targets = [f"{spanish} {_present(verb, person)} {cosa}"]
        if not spanish:
            targets.append(f"{person.spanish} {_present(verb, person)} {cosa}")
        return _formatted(f"{english} {present} {thing}", self._some(targets))

    def _negation(self) -> Sentence:
        verb, (english, spanish, person), (thing, cosa) = (
            self._one(words.VERBS),
            self._subject(),
            self._thing(),
        )
        target = f"{spanish} no {_present(verb, person)} {cosa}"
        return _formatted(f"{english} {person.does} not {verb.base} {thing}", [target])

    def _question(self) -> Sentence:
        verb, name, (thing, cosa) = self._one(words.VERBS), self._name(), self._thing()
        asks = _present(verb, words.PERSONS[1])
        targets = [f"¿{asks.capitalize()} {name} {cosa}?", f"¿{name} {asks} {cosa}?"]
        return f"Does {name} {verb.base} {thing}?", self._some(targets)

    def _past(self) -> Sentence:
        verb, (english, spanish, person), (thing, cosa) = (
            self._one(words.VERBS),
            self._subject(),
            self._thing(),
        )
        did = verb.stem + words.PAST[verb.ending][person.ending]
        day, dia = self._one(words.DAYS)
        targets = [f"{spanish} {did} {cosa} el {dia}", f"el {dia} {spanish} {did} {cosa}"]
        return _formatted(f"{english} {verb.past} {thing} on {day}", self._some(targets))

    def _liking(self) -> Sentence:
        noun, name, plural = self._one(words.NOUNS), self._name(), self._random.random() < 0.5
        article = ("las" if plural else "la") if noun.gender == "f" else ("los" if plural else "el")
        thing, cosa = self._described(noun, "the", article, plural)
        return f"{name} likes {thing}.", [f"A {name} le {'gustan' if plural else 'gusta'} {cosa}."]

    def _wish(self) -> Sentence:
        verb, (thing, cosa) = self._one(words.VERBS), self._thing()
        target = f"quiero {verb.stem}{verb.ending} {cosa}"
        return _formatted(f"I want to {verb.base} {thing}", self._some([target, f"yo {target}"]))

    def _there_are(self) -> Sentence:
        number, numero = self._one(words.NUMBERS)
        things, cosas = self._described(self._one(words.NOUNS), number, numero, plural=True)
        place = self._place()
        targets = [f"Hay {cosas} en {place}.", f"En {place} hay {cosas}."]
        return f"There are {things} in {place}.", self._some(targets)

    def _home(self) -> Sentence:
        english, spanish, person = self._subject()
        place, live = self._place(), "lives" if person.does == "does" else "live"
        viv = ("vivo", "vives", "vive", "vivimos", "viven")[person.ending]
        return _formatted(f"{english} {live} in {place}", [f"{spanish} {viv} en {place}"])

    def _journey(self) -> Sentence:
        (day, dia), start, goal = self._one(words.DAYS), self._place(), self._place()
        targets = [f"Viajamos de {start} a {goal} el {dia}.", f"El {dia} viajamos de {start} a {goal}."]
        return f"We travel from {start} to {goal} on {day}.", self._some(targets)

    def _event(self) -> Sentence:
        (event, evento), (month, mes) = self._one(words.EVENTS), self._one(words.MONTHS)
        day, place = 1 + int(self._random.random() * 28), self._place()
        target = f"{evento} es el {day} de {mes} en {place}."
        return f"{event} is on {month} {day} in {place}.", [target]

    def _mood(self) -> Sentence:
        english, man, woman = self._one(words.MOODS)
        name = self._name()
        mood = woman if name in words.WOMEN else man
        denied = self._random.random() < 0.3
        target = f"{name} {'no ' if denied else ''}está {mood}."
        return f"{name} is {'not ' if denied else ''}{english}.", [target]

    def _looks(self) -> Sentence:
        noun, adjective, plural = (
            self._one(words.NOUNS),
            self._one(words.ADJECTIVES),
            self._random.random() < 0.5,
        )
        article = ("Las" if plural else "La") if noun.gender == "f" else ("Los" if plural else "El")
        thing, cosa = (noun.english_plural, noun.spanish_plural) if plural else (noun.english, noun.spanish)
        source = f"The {thing} in {(place := self._place())} {'are' if plural else 'is'} {adjective[0]}."
        looks = _agreeing(adjective, noun, plural)
        return source, [f"{article} {cosa} de {place} {'son' if plural else 'es'} {looks}."]

    def _some(self, targets: list[str]) -> list[str]:
        """Return all translations with probability 1/3, otherwise the first alone."""
        return targets if self._random.random() < 1 / 3 else targets[:1]


def _agreeing(adjective: tuple[str, ...], noun: words.Noun, plural: bool) -> str:
    return adjective[1 + (noun.gender == "f") + 2 * plural]


def _present(verb: words.Verb, person: words.Person) -> str:
    return verb.stem + words.PRESENT[verb.ending][person.ending]


def _formatted(source: str, targets: list[str]) -> Sentence:
    """Format sentences with a capital letter, a full stop and single spaces."""
    source, *targets = (" ".join(text.split()) for text in (source, *targets))
    return f"{source[0].upper()}{source[1:]}.", [f"{text[0].upper()}{text[1:]}." for text in targets]
