"""Synthetic film reviews from a small grammar, in the format of the Rotten Tomatoes phrases."""

from __future__ import annotations

import re
from random import Random

HEADER = "PhraseId\tSentenceId\tPhrase\tSentiment"
NOISE = 0.03  # share of reviews with the opposite label
PHRASES = 0.4  # share of longer reviews with one sentence as an extra row of the same group

LEXICON = {
    slot: words.split("|")
    for slot, words in {
        "positive": "good|warm|clever|moving|funny|bright|tender|gripping|honest|fresh|sharp|lively|"
        "graceful|witty|rich|bold|elegant|thrilling|charming|touching|inventive|radiant|deft|luminous|"
        "subtle|playful|assured|vivid|humane|spirited|delightful|masterly",
        "negative": "bad|dull|clumsy|hollow|stale|flat|noisy|tedious|false|sour|lazy|muddled|lifeless|"
        "shallow|grim|empty|crude|tiresome|wooden|aimless|bloated|murky|trite|smug|drab|sluggish|garish|"
        "contrived|dreary|feeble|pompous|charmless",
        "aspect": "the acting|the script|the music|the ending|the camera work|the pace|the story|"
        "the dialogue|the cast|the first hour|the second half|the humour|the editing|the plot|"
        "the love story|the villain|the final scene|the direction",
        "very": "||||very |really |quite |utterly |remarkably |at times |so ",
        "not": "not|never|hardly|not in the least|anything but|by no means|far from",
        "first": "Anna|Bruno|Clara|Dario|Edith|Farid|Greta|Hugo|Irene|Jonas|Karin|Leon|Marta|Nils|Olga|"
        "Pavel|Rosa|Stefan|Tilda|Viktor|Wanda|Yusuf",
        "stem": "Al|Bel|Cas|Dor|En|Far|Gra|Hal|Il|Jan|Kov|Lin|Mor|Nov|Or|Pir|Ras|San|Tam|Ul|Var|Wei",
        "tail": "ander|brecht|dal|elli|feld|grim|hardt|in|kas|lund|mann|nau|ova|quist|rez|sen|tovar|vik|wald",
        "job": "a baker|a sailor|a judge|a nurse|a clockmaker|a thief|a pilot|a widow|a painter|a spy",
        "place": "Lisbon|Trieste|a mountain village|the harbour|Riga|a border town|the desert|Oslo",
        "noun": "River|Garden|Winter|Letter|Station|Mirror|Island|Lantern|Orchard|Bridge|Clock|Harvest",
        "mood": "Silent|Last|Second|Golden|Broken|Northern|Paper|Hidden|Long|Salt|Borrowed|Distant",
    }.items()
}
"""Words and phrases by the slot of a template that they fill."""
PLAIN = [
    "{aspect} is {very}{good}",
    "{name} is {very}{good} as {job}",
    "I found {aspect} {very}{good}",
    "{title} is a {good} film",
    "what a {good}, {good} evening this was",
    "{name} gives a {good} performance",
    "{aspect} feels {very}{good} throughout",
]
NEGATED = [
    "{aspect} is {not} {bad}",
    "{name} is {not} {bad} as {job}",
    "nobody could call {title} {bad}",
    "I did not find {aspect} {very}{bad}",
    "{aspect} is {not} {very}{bad}",
    "you cannot say that {name} is {bad} here",
    "there is nothing {bad} about {aspect}",
]
CONTRASTS = [
    "{aspect} may be {very}{bad}, but {clause}",
    "people told me that {title} was {bad}, but {clause}",
    "although {aspect} is {bad}, {clause}",
    "{name} tries to make it {bad}, but {clause}",
    "for ten minutes it looks {bad}, but then {clause}",
]
NEUTRAL = [
    "{name} plays {job} from {place}",
    "the film was shot in {place}",
    "{title} tells of {job} who comes to {place}",
    "it is the second film of {name}",
    "{name} and {name} meet in {place}",
]
OPPOSITE = {"positive": "negative", "negative": "positive"}


def reviews(number: int, seed: int) -> bytes:
    """Generate `number` reviews, and some of their sentences: the same bytes in every call."""
    random = Random(seed)  # noqa: S311 - invented text, no secret
    rows: list[str] = []
    for group in range(1, number + 1):
        label = random.choice(list(OPPOSITE))
        sentences = [_opinion(label, random) for _ in range(random.randint(1, 3))]
        noisy_label = OPPOSITE[label] if random.random() < NOISE else label
        texts = [(" ".join(_shuffled([*sentences, *_asides(random)], random)), noisy_label)]
        if len(sentences) > 1 and random.random() < PHRASES:
            texts.append((random.choice(sentences), label))
        rows += [f"{len(rows) + i}\t{group}\t{text}\t{tag}" for i, (text, tag) in enumerate(texts, 1)]
    return "\n".join([HEADER, *rows, ""]).encode()


def _opinion(label: str, random: Random) -> str:
    """Generate a sentence that as a whole has the label, whatever words it uses."""
    kind = random.choices((PLAIN, NEGATED, CONTRASTS), (3, 3, 4))[0]
    clause = random.choice(random.choice((PLAIN, PLAIN, NEGATED)))
    return _sentence(random.choice(kind).replace("{clause}", clause), label, random)


def _asides(random: Random) -> list[str]:
    return [_sentence(random.choice(NEUTRAL), "positive", random) for _ in range(random.randint(0, 2))]


def _sentence(template: str, label: str, random: Random) -> str:
    slots = {"good": label, "bad": OPPOSITE[label]}

    def filled(slot: re.Match[str]) -> str:
        if slot[1] == "name":
            return "{} {}{}".format(*(random.choice(LEXICON[part]) for part in ("first", "stem", "tail")))
        if slot[1] == "title":
            return f"The {random.choice(LEXICON['mood'])} {random.choice(LEXICON['noun'])}"
        return random.choice(LEXICON[slots.get(slot[1], slot[1])])

    text = re.sub(r"\{(\w+)\}", filled, template)
    text = re.sub(r"\ba (?=[aeiou])", "an ", text)
    return f"{text[0].upper()}{text[1:]}{random.choice('...!')}"


def _shuffled(sentences: list[str], random: Random) -> list[str]:
    random.shuffle(sentences)
    return sentences
