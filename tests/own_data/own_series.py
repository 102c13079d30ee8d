"""Invented files of series in the formats that people have."""

import gzip
from datetime import date, datetime, timedelta


def figure(step):
    """Return a positive figure with a season of 12 and a slow growth, as a multiple of 0.5."""
    return 200.5 + 2 * step + 10 * ((step * 5) % 12)


def rows(stamps, start=0):
    return [(stamp, figure(start + n)) for n, stamp in enumerate(stamps)]


def table(stamped, header="date,sales", separator=","):
    lines = [f"{stamp}{separator}{value}" for stamp, value in stamped]
    return ("\n".join([header, *lines] if header else lines) + "\n").encode()


def months(count=60, form="%Y-%m"):
    return [date(2001 + n // 12, n % 12 + 1, 1).strftime(form) for n in range(count)]


def days(count=90, step=1, form="%Y-%m-%d"):
    return [(date(2024, 1, 1) + timedelta(days=step * n)).strftime(form) for n in range(count)]


def hours(count=24 * 14, minutes=60, form="%Y-%m-%d %H:%M"):
    return [(datetime(2024, 1, 1) + timedelta(minutes=minutes * n)).strftime(form) for n in range(count)]


def panel(header="shop,date,sales"):
    lines = [
        f"{shop},{stamp},{figure(n + i)}" for i, shop in enumerate("ABC") for n, stamp in enumerate(days())
    ]
    return ("\n".join([header, *lines]) + "\n").encode()


def german(figures):
    return (
        "Monat;Umsatz\n" + "\n".join(f"{m};{f}" for m, f in zip(months(48), figures, strict=True))
    ).encode()


business = [day for day in days(120) if date.fromisoformat(day).weekday() < 5]
thousand = [f"{1000 + 37 * n:,}".replace(",", ".") + ",5" for n in range(48)]
MONTHLY = {"data.frequency": "month", "data.gaps": "refuse", "data.series": ""}
DAILY = {"data.frequency": "day"}
numbered = "\n".join(str(figure(n)) for n in range(80)) + "\n"
quarters = [f"{2000 + n // 4}Q{n % 4 + 1}" for n in range(48)]
weeks = [f"2023-W{n:02d}" for n in range(1, 53)]
regions = "shop,region,date,sales\n" + "\n".join(
    f"{shop},{'north' if shop == 'A' else 'south'},{stamp},{figure(n)}"
    for shop in "ABC"
    for n, stamp in enumerate(days())
)
wide = "date,A,B,C\n" + "\n".join(
    f"{m},{figure(n)},{figure(n + 3)},{figure(n + 7)}" for n, m in enumerate(months())
)
stock = "Date,Open,Close,Symbol\n" + "\n".join(
    f"{d},{figure(n)},{figure(n) + 1},ACME" for n, d in enumerate(business)
)
ohlc = "Store,Date,Open,High,Low,Close,Volume,deal_id\n" + "\n".join(
    f"1,{d},{figure(n)},{figure(n) + 2},{figure(n) - 1},{figure(n) + 1},{1000 + n},{9000 - 7 * n}"
    for n, d in enumerate(business)
)
sizes = "Store,Date,Sales,Size\n" + "\n".join(
    f"{shop},{stamp},{figure(n + shop)},{100 * shop}" for shop in (1, 2, 3) for n, stamp in enumerate(days())
)
missing = table([(d, v) for n, (d, v) in enumerate(rows(days())) if n not in (40, 41)])
negative = "\n".join(["month,degrees", *(f"{m},{(n % 12) - 5}" for n, m in enumerate(months()))]).encode()

SERIES = {
    "comma": ({"sales.csv": table(rows(months()))}, {**MONTHLY, "data.date": "date", "data.log": False}),
    "no-header": ({"sales.csv": table(rows(months()), "")}, {**MONTHLY, "data.date": "", "data.values": []}),
    "tabs": ({"sales.tsv": table(rows(months()), "date\tsales", "\t")}, MONTHLY),
    "decimal-comma": (
        {"u.csv": german([f"{figure(n)}".replace(".", ",") for n in range(48)])},
        {**MONTHLY, "data.decimal": ",", "data.thousands": ""},
    ),
    "german-thousands": (
        {"u.csv": german(thousand)},
        {**MONTHLY, "data.decimal": ",", "data.thousands": "."},
    ),
    "daily": ({"d.csv": table(rows(days()))}, {**DAILY, "data.gaps": "refuse"}),
    "daily-german": ({"d.csv": table(rows(days(form="%d.%m.%Y")))}, DAILY),
    "newest-first": (
        {"d.csv": table(rows(days(form="%d/%m/%Y"))[::-1])},
        {**DAILY, "data.gaps": "refuse"},
    ),
    "newest-first-gap": (
        {"d.csv": table([(d, v) for d, v in rows(days())[::-1] if v != figure(40)])},
        {"data.gaps": "nan"},
    ),
    "daily-gap": ({"d.csv": missing}, {**DAILY, "data.gaps": "nan"}),
    "business-days": ({"d.csv": table(rows(business))}, {"data.frequency": "business-day"}),
    "weekly": ({"w.csv": table(rows(days(104, 7)))}, {"data.frequency": "week"}),
    "iso-weeks": ({"w.csv": table(rows(weeks), "week,n")}, {"data.frequency": "week"}),
    "hourly": ({"h.csv": table(rows(hours()))}, {"data.frequency": "hour"}),
    "half-hours": ({"h.csv": table(rows(hours(minutes=30)))}, {"data.frequency": "30 minutes"}),
    "quarters": ({"q.csv": table(rows(quarters), "period,gdp")}, {"data.frequency": "quarter"}),
    "yyyymm": ({"m.csv": table(rows(months(form="%Y%m")), "month,cpi")}, MONTHLY),
    "years": ({"y.csv": table(rows(range(1900, 1990)), "year,rain")}, {"data.frequency": "year"}),
    "epochs": (
        {"e.csv": table(rows([1700000000 + 3600 * n for n in range(100)]), "timestamp,load")},
        {"data.frequency": "hour"},
    ),
    "index": (
        {
            "i.csv": b",date,sales\n"
            + b"".join(f"{n},{m},{figure(n)}\n".encode() for n, m in enumerate(months()))
        },
        {**MONTHLY, "data.date": "date"},
    ),
    "long": (
        {"p.csv": panel()},
        {**DAILY, "data.series": "shop", "data.scaling": "window", "data.short": "pad"},
    ),
    "long-prophet": (
        {"p.csv": panel("unique_id,ds,y")},
        {**DAILY, "data.series": "unique_id", "data.date": "ds"},
    ),
    "long-static": ({"p.csv": regions.encode()}, {"data.series": "shop", "data.static": ["region"]}),
    "wide": ({"w.csv": wide.encode()}, {**MONTHLY, "data.values": []}),
    "stock": (
        {"s.csv": stock.encode()},
        {"data.frequency": "business-day", "data.values": ["Open", "Close"]},
    ),
    "ohlc": (
        {"s.csv": ohlc.encode()},
        {"data.date": "Date", "data.series": "", "data.values": ["Open", "High", "Low", "Close", "Volume"]},
    ),
    "numbered-stores": ({"s.csv": sizes.encode()}, {"data.series": "Store", "data.values": ["Sales"]}),
    "constant-alone": ({"c.csv": table([(d, 5) for d in days()])}, {"data.values": []}),
    "numbers": ({"n.txt": numbered.encode()}, {"data.frequency": "position", "data.date": ""}),
    "numbers-named": ({"n.csv": b"sales\n" + numbered.encode()}, {"data.frequency": "position"}),
    "positions": ({"n.csv": table(rows(range(1, 81)), "step,value")}, {"data.frequency": "position"}),
    "negative": ({"t.csv": negative}, {"data.min_value": None, "data.log": False}),
    "gzip": ({"sales.csv.gz": gzip.compress(table(rows(months())), mtime=0)}, MONTHLY),
    "two-files": ({"a.csv": table(rows(months())), "b.csv": table(rows(months(), 5))}, MONTHLY),
}
