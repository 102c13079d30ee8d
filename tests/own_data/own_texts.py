"""Invented files of sentences, pairs, labelled texts, running text and labelled steps."""

import gzip
import io
import json
import tarfile
import zipfile

WHO = ["Anna", "My uncle", "The teacher", "A friend", "The old man", "Our neighbour", "Maria", "The doctor"]
DOES = [
    ("reads", "lee"),
    ("sells", "vende"),
    ("finds", "encuentra"),
    ("wants", "quiere"),
    ("paints", "pinta"),
]
WHAT = [
    ("a book", "un libro"),
    ("the house", "la casa"),
    ("three apples", "tres manzanas"),
    ("a boat", "un barco"),
    ("the letter", "la carta"),
    ("a lamp", "una lampara"),
    ("the garden", "el jardin"),
]
KOREAN = [
    "영화가 정말 재미있다",
    "배우의 연기가 별로다",
    "음악이 아주 좋았다",
    "이야기가 너무 길다",
    "다시 보고 싶은 작품이다",
]


def pairs():
    return [
        (f"{who} {verb} {what} on day {day}.", f"{who} {verbo} {que} el dia {day}.")
        for who in WHO
        for verb, verbo in DOES
        for what, que in WHAT
        for day in (1, 2)
    ]


def lines(rows, separator="\t"):
    return "".join(separator.join(row) + "\n" for row in rows).encode()


def reviews(count=600, good="1", bad="0"):
    rows = []
    for n in range(count):
        word, label = (("great", good), ("awful", bad))[n % 2]
        rows.append((f"This {WHAT[n % 7][0]} of number {n} is {word} and {DOES[n % 5][0]} well", label))
    return rows


def csv_text(rows, header=None):
    quoted = [",".join(f'"{cell}"' if " " in cell else cell for cell in row) for row in rows]
    return ("\n".join([header, *quoted] if header else quoted) + "\n").encode()


def sentences(count=120, begin="B-", inside="I-", end="I-", single="B-"):
    found = []
    for n in range(count):
        name = [f"Kim{n % 17}", f"Lee{n}"]
        found.append(
            [
                ("The", "O"),
                ("firm", "O"),
                (name[0], f"{begin}ORG"),
                (name[1], f"{end}ORG"),
                ("opened", "O"),
                ("in", "O"),
                (f"Town{n % 23}", f"{single}LOC"),
                (".", "O"),
            ]
        )
    return found


def conll(found, row="{0} {1}", above=""):
    blocks = ("\n".join(row.format(*pair, n) for n, pair in enumerate(block, 1)) for block in found)
    return ("".join(f"{above}{block}\n\n" for block in blocks)).encode()


def documents(count, length=10):
    """Documents of some sentences each."""
    found = sentences(count * length)
    starts = range(0, len(found), length)
    return b"".join(b"-DOCSTART- O\n\n" + conll(found[start : start + length]) for start in starts)


def klp(count=60):
    blocks = []
    for n in range(count):
        blocks.append(
            f"; 한국은행{n} 발표\n$<한국은행{n}:OG> 발표\n1\t한국은행{n}\tNNP\tB_OG\n2\t발표\tNNG\tO\n"
        )
    return "\n".join(blocks).encode()


def tar(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return buffer.getvalue()


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def folders():
    return {
        f"rev/{'test' if n % 5 == 0 else 'train'}/{'pos' if label == '1' else 'neg'}/{n}.txt": text.encode()
        for n, (text, label) in enumerate(reviews())
    }


PAIRS, REVIEWS = pairs(), reviews()
SWAPPED = [(label, text) for text, label in REVIEWS]
PARTS = {"train": slice(0, 400), "dev": slice(400, 480), "test": slice(480, 560)}
STEPS = "id,x,y,label\n" + "".join(
    f"s{n},{(n * n + t) % 97 / 10},{t},{int((n * n + t) % 97 > 50)}\n" for n in range(100) for t in range(8)
)
PROSE = "\n".join(f"{a} And so it went, said {b.lower()}" for a, b in PAIRS).encode()
TEXT = "\n".join(f"{KOREAN[n % 5]} 그리고 {n}번째 날이 왔다." for n in range(600))
HANZI = [
    [(c, "B-LOC" if c == "北" else "I-LOC" if c == "京" else "O") for c in f"我在北京住了{n}年"]
    for n in range(100)
]
SPACED = [[(c, "O") for c in f"나는 {n}번 갔다 "] + [("서", "B-LC"), ("울", "I-LC")] for n in range(100)]
ANKI = [(*pair, "CC-BY 2.0 (France) Attribution: tatoeba.org #1 & #2") for pair in PAIRS]
IDS = [(str(1200 + n), source, str(9000 + n), target) for n, (source, target) in enumerate(PAIRS)]

TEXTS = {
    "pairs": ("translation", {"pairs.tsv": lines(PAIRS)}, {"data.source_column": 0, "data.target_column": 1}),
    "anki": ("translation", {"spa.txt": lines(ANKI)}, {"data.source_column": 0, "data.target_column": 1}),
    "tatoeba-ids": ("translation", {"p.tsv": lines(IDS)}, {"data.source_column": 1, "data.target_column": 3}),
    "pairs-header": (
        "translation",
        {"p.tsv": lines([("english", "spanish"), *PAIRS])},
        {"data.source_column": 0},
    ),
    "pairs-quoted": (
        "translation",
        {"p.tsv": lines([(f'"{s}"', f'"{t}"') for s, t in [("en", "es"), *PAIRS]])},
        {"data.source_column": 0, "data.target_column": 1},
    ),
    "pairs-csv": ("translation", {"p.csv": csv_text(PAIRS, "en,es")}, {"data.target_column": 1}),
    "parallel": (
        "translation",
        {"c.en": lines([(s,) for s, _ in PAIRS]), "c.es": lines([(t,) for _, t in PAIRS])},
        {"source": ["c.en", "c.es"]},
    ),
    "pairs-splits": (
        "translation",
        {f"{name}.tsv": lines(PAIRS[part]) for name, part in PARTS.items()},
        {"source": {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}},
    ),
    "pairs-gzip": ("translation", {"p.tsv.gz": gzip.compress(lines(PAIRS), mtime=0)}, {}),
    "pairs-utf8-bom": ("translation", {"p.tsv": b"\xef\xbb\xbf" + lines(PAIRS)}, {}),
    "lines": ("sentiment", {"r.txt": lines(REVIEWS)}, {"data.layout": "lines", "data.labels": ["0", "1"]}),
    "csv-named": (
        "sentiment",
        {"r.csv": csv_text(REVIEWS, "review,sentiment")},
        {"data.layout": "table", "data.text": "review", "data.label": "sentiment", "data.group": ""},
    ),
    "csv-words": (
        "sentiment",
        {"r.csv": csv_text(reviews(600, "pos", "neg"), "text,label")},
        {"data.labels": ["neg", "pos"]},
    ),
    "lines-quoted": (
        "sentiment",
        {"r.txt": lines([(f'"{t}"', f'"{label}"') for t, label in REVIEWS])},
        {"data.layout": "lines", "data.labels": ["0", "1"]},
    ),
    "tsv-quoted": (
        "sentiment",
        {"r.tsv": b'"text"\t"label"\n' + lines([(f'"{t}"', label) for t, label in REVIEWS])},
        {"data.layout": "table", "data.text": "text", "data.label": "label"},
    ),
    "table-bars": ("sentiment", {"r.csv": b"text|label\n" + lines(REVIEWS, "|")}, {"data.text": "text"}),
    "label-first": ("sentiment", {"r.csv": csv_text(SWAPPED, "label,text")}, {"data.text": "text"}),
    "label-first-no-header": (
        "sentiment",
        {"r.tsv": lines(SWAPPED)},
        {"data.layout": "table", "data.text": "1", "data.label": "0"},
    ),
    "csv-no-header": ("sentiment", {"r.csv": csv_text(REVIEWS)}, {"data.text": "0", "data.label": "1"}),
    "semicolons": ("sentiment", {"r.csv": b"text;label\n" + lines(REVIEWS, ";")}, {"data.text": "text"}),
    "nsmc": (
        "sentiment",
        {
            "n.txt": lines(
                [
                    ("id", "document", "label"),
                    *((str(9976 + n), f"{KOREAN[n % 5]} {n}번", str(n % 2)) for n in range(600)),
                ]
            )
        },
        {"data.text": "document", "data.group": ""},
    ),
    "stars": (
        "sentiment",
        {
            "s.tsv": lines(
                [
                    ("SentenceId", "Phrase", "Sentiment"),
                    *((str(n // 3), f"a phrase of number {n} here", str(n % 5)) for n in range(900)),
                ]
            )
        },
        {"data.ordered": True, "data.group": "SentenceId", "data.labels": ["0", "1", "2", "3", "4"]},
    ),
    "folders-tar": (
        "sentiment",
        {"rev.tar.gz": tar(folders())},
        {"data.layout": "folders", "data.labels": ["neg", "pos"], "data.split": "published"},
    ),
    "folders-zip": ("sentiment", {"rev.zip": zipped(folders())}, {"data.layout": "folders"}),
    "labels-splits": (
        "sentiment",
        {f"{name}.tsv": lines(REVIEWS[part]) for name, part in PARTS.items()},
        {"source": {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}},
    ),
    "conll-2": (
        "ner",
        {"a.conll": conll(sentences())},
        {"data.layout": "conll", "data.types": ["ORG", "LOC"], "data.tokenizer": "whitespace"},
    ),
    "conll-tabs": ("ner", {"a.tsv": conll(sentences(), "{0}\t{1}")}, {"data.layout": "conll"}),
    "conll-4": (
        "ner",
        {"a.txt": b"-DOCSTART- -X- O O\n\n" + conll(sentences(), "{0} NN I-NP {1}")},
        {"data.layout": "conll"},
    ),
    "few-documents": (
        "ner",
        {"a.txt": documents(2, 60)},
        {"data.split": "grouped"},
    ),
    "documents": (
        "ner",
        {"a.txt": documents(50)},
        {"data.split": "documents"},
    ),
    "iob1": ("ner", {"a.txt": conll(sentences(begin="I-", single="I-"))}, {"data.types": ["ORG", "LOC"]}),
    "bioes": ("ner", {"a.txt": conll(sentences(end="E-", single="S-"))}, {"data.types": ["ORG", "LOC"]}),
    "numbered": ("ner", {"a.txt": conll(sentences(), "{2} {0} NN {1}")}, {"data.layout": "conll"}),
    "comments": ("ner", {"a.conll": conll(sentences(), "{0} _ _ {1}", "# id 3f domain=en\n")}, {}),
    "characters": ("ner", {"zh.tsv": conll(HANZI, "{0}\t{1}")}, {"data.tokenizer": "character"}),
    "spaces": (
        "ner",
        {"k.tsv": conll(SPACED, "{0}\t{1}", "## id\t한국은행\n")},
        {"data.tokenizer": "character"},
    ),
    "klp": ("ner", {"k.txt": klp()}, {"data.layout": "klp", "data.types": ["OG"], "data.tokenizer": "kiwi"}),
    "ner-splits": (
        "ner",
        {f"eng.{name}": conll(sentences(60 + n)) for n, name in enumerate(("train", "testa", "testb"))},
        {"source": {"train": "eng.train", "validation": "eng.testa", "test": "eng.testb"}},
    ),
    "prose": ("textgen", {"book.txt": PROSE}, {"data.encoding": "utf-8", "data.min_chars": 10_000}),
    "cp949": ("textgen", {"k.txt": TEXT.encode("cp949")}, {"data.encoding": "cp949"}),
    "utf-16": ("textgen", {"k.txt": TEXT.encode("utf-16")}, {"data.encoding": "utf-16"}),
    "windows-1252": (
        "textgen",
        {"f.txt": PROSE.replace(b"went", b"\xe9tait")},
        {"data.encoding": "windows-1252"},
    ),
    "zip-of-a-text": ("textgen", {"book.zip": zipped({"book.txt": PROSE})}, {"data.encoding": "utf-8"}),
    "steps": (
        "labelling",
        {"steps.csv": STEPS.encode()},
        {"data.sequence": "id", "data.label": "label", "data.values": []},
    ),
}
UNREADABLE = {
    "empty": ({"e.csv": b""}, "is empty"),
    "blank-lines": ({"b.csv": b"\n \n"}, "is empty"),
    "pairs-of-two-widths": (
        {"p.txt": lines([*PAIRS[:9], *ANKI[9:]])},
        "line 10 has 3 cells between tabs, and line 1 has 2",
    ),
    "header-only": ({"h.csv": b"date,sales\n"}, "it has one line only"),
    "short-years": (
        {
            "d.csv": lines(
                [[row] for row in ("date,sales", *(f"{day:02}/01/20,{day * 7}" for day in range(1, 32)))]
            )
        },
        "'01/01/20' in column 'date' has a year of two digits",
    ),
    "wide": (
        {
            "w.csv": lines(
                [[row] for row in ("shop,2020-01,2020-02,2020-03", *(f"s{i},{i},2,3" for i in range(30)))]
            )
        },
        "its columns are dates .2020-01, ",
    ),
    "lists-of-numbers": ({"n.txt": b"284,5 277,5 310,0\n" * 30}, "looks like data of no task"),
    "latin-table": ({"m.csv": "märz,umsatz\n2020-01,1\n".encode("latin-1")}, "iconv -f windows-1252"),
    "json-lines": (
        {"r.jsonl": "".join(json.dumps({"text": t, "label": y}) + "\n" for t, y in REVIEWS).encode()},
        "JSON",
    ),
    "two-texts": ({"two.zip": zipped({"a.txt": PROSE, "about.txt": b"x"})}, "an archive of 2 files"),
    "excel": ({"s.xlsx": zipped({"xl/workbook.xml": b"", "[Content_Types].xml": b""})}, "an Excel file"),
    "pairs-utf-16": ({"p.tsv": lines(PAIRS).decode().encode("utf-16")}, "utf-16"),
}
