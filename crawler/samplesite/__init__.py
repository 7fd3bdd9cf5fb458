"""A sample site of invented research summaries, served on loopback: for demos, tests and benchmarks."""

from .editions import CHANGES, Edition, edition, truth
from .model import Article, Card, Rating, Section, Source
from .redesigns import HARMFUL, HARMLESS, REDESIGNS
from .server import RequestSeen, SampleSite

__all__ = [
    "CHANGES",
    "HARMFUL",
    "HARMLESS",
    "REDESIGNS",
    "Article",
    "Card",
    "Edition",
    "Rating",
    "RequestSeen",
    "SampleSite",
    "Section",
    "Source",
    "edition",
    "truth",
]
