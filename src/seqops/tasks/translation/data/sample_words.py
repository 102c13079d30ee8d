"""Vocabulary of the synthetic pairs: English and Spanish words with the forms that agreement needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A noun; gender: `m` or `f`, of the Spanish word."""

    english: str
    english_plural: str
    spanish: str
    spanish_plural: str
    gender: str


@dataclass(frozen=True)
class Verb:
    """A transitive verb, regular in Spanish: `stem` + `ar` or `er`."""

    base: str
    third: str
    past: str
    stem: str
    ending: str


@dataclass(frozen=True)
class Person:
    """A grammatical person; ending: its index among the verb endings; does: the English auxiliary."""

    english: str
    spanish: str
    ending: int
    does: str


NOUNS = [
    Noun(*row.split("/"))
    for row in (
        "house/houses/casa/casas/f",
        "table/tables/mesa/mesas/f",
        "chair/chairs/silla/sillas/f",
        "letter/letters/carta/cartas/f",
        "window/windows/ventana/ventanas/f",
        "apple/apples/manzana/manzanas/f",
        "shirt/shirts/camisa/camisas/f",
        "boat/boats/barca/barcas/f",
        "key/keys/llave/llaves/f",
        "flower/flowers/flor/flores/f",
        "book/books/libro/libros/m",
        "car/cars/coche/coches/m",
        "picture/pictures/cuadro/cuadros/m",
        "glass/glasses/vaso/vasos/m",
        "hat/hats/sombrero/sombreros/m",
        "shoe/shoes/zapato/zapatos/m",
        "cheese/cheeses/queso/quesos/m",
        "knife/knives/cuchillo/cuchillos/m",
        "clock/clocks/reloj/relojes/m",
        "tree/trees/árbol/árboles/m",
    )
]

ADJECTIVES = [
    tuple(row.split("/"))
    for row in (
        "red/rojo/roja/rojos/rojas",
        "white/blanco/blanca/blancos/blancas",
        "black/negro/negra/negros/negras",
        "small/pequeño/pequeña/pequeños/pequeñas",
        "expensive/caro/cara/caros/caras",
        "new/nuevo/nueva/nuevos/nuevas",
        "green/verde/verde/verdes/verdes",
        "big/grande/grande/grandes/grandes",
        "blue/azul/azul/azules/azules",
        "dirty/sucio/sucia/sucios/sucias",
    )
]
"""English, then Spanish: masculine, feminine, masculine plural, feminine plural."""

MOODS = [
    tuple(row.split("/"))
    for row in (
        "tired/cansado/cansada",
        "ready/listo/lista",
        "busy/ocupado/ocupada",
        "happy/contento/contenta",
        "alone/solo/sola",
        "sick/enfermo/enferma",
    )
]
"""English, then Spanish: masculine, feminine."""

VERBS = [
    Verb(*row.split("/"))
    for row in (
        "buy/buys/bought/compr/ar",
        "paint/paints/painted/pint/ar",
        "need/needs/needed/necesit/ar",
        "wash/washes/washed/lav/ar",
        "carry/carries/carried/llev/ar",
        "draw/draws/drew/dibuj/ar",
        "clean/cleans/cleaned/limpi/ar",
        "look at/looks at/looked at/mir/ar",
        "sell/sells/sold/vend/er",
        "break/breaks/broke/romp/er",
        "hide/hides/hid/escond/er",
    )
]

PERSONS = [
    Person("I", "yo", 0, "do"),
    Person("he", "él", 2, "does"),
    Person("she", "ella", 2, "does"),
    Person("we", "nosotros", 3, "do"),
    Person("they", "ellos", 4, "do"),
]

PRESENT = {"ar": ("o", "as", "a", "amos", "an"), "er": ("o", "es", "e", "emos", "en")}
PAST = {"ar": ("é", "aste", "ó", "amos", "aron"), "er": ("í", "iste", "ió", "imos", "ieron")}

MEN = ["Tomás", "Pablo", "Diego", "Hugo", "Martín", "Andrés", "Bruno", "Óscar", "Iván", "Felipe"]
WOMEN = ["Ana", "Lucía", "Elena", "Clara", "Marta", "Irene", "Julia", "Sofía", "Noa", "Carmen"]

PLACES = [
    beginning + end
    for end in "mora ria dal vera llón gara nte quis tola zar bía peña sol vina marca lejo".split()  # noqa: SIM905
    for beginning in "Valde Mon Terra San Belo Cor Luna Pal Roca Alta Rio Pie Que Fuen Cas Mira".split()  # noqa: SIM905
]
"""256 invented places, drawn by rank: some occur only in the test split."""

NUMBERS = [
    ("two", "dos"),
    ("three", "tres"),
    ("four", "cuatro"),
    ("five", "cinco"),
    ("six", "seis"),
    ("seven", "siete"),
    ("eight", "ocho"),
    ("nine", "nueve"),
    ("ten", "diez"),
    ("eleven", "once"),
    ("twelve", "doce"),
    ("fifteen", "quince"),
    ("twenty", "veinte"),
]

MONTHS = [
    ("January", "enero"),
    ("February", "febrero"),
    ("March", "marzo"),
    ("April", "abril"),
    ("May", "mayo"),
    ("June", "junio"),
    ("July", "julio"),
    ("August", "agosto"),
    ("September", "septiembre"),
    ("October", "octubre"),
    ("November", "noviembre"),
    ("December", "diciembre"),
]

DAYS = [
    ("Monday", "lunes"),
    ("Tuesday", "martes"),
    ("Wednesday", "miércoles"),
    ("Thursday", "jueves"),
    ("Friday", "viernes"),
    ("Saturday", "sábado"),
    ("Sunday", "domingo"),
]

EVENTS = [
    ("The meeting", "La reunión"),
    ("The party", "La fiesta"),
    ("The exam", "El examen"),
    ("The concert", "El concierto"),
    ("The game", "El partido"),
    ("The wedding", "La boda"),
]
