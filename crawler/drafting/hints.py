"""Words by which people name a summary's parts, in a few languages: they decide between likely guesses."""

from __future__ import annotations

import re

_WORDS = {
    "takeaway": r"takeaway|take-away|key (?:point|message|finding)|in short|in brief|bottom line|"
    r"in a nutshell|tl;?dr|kurz|fazit|kern|auf einen|en bref|l'essentiel|en resumen|in breve|kort",
    "topics": r"topic|tag|keyword|subject|filed|categor|schlag|stichw|thema|themen|mots|palabras|etiqueta",
    "details": r"detail|original|source|paper|stud|reference|citation|quelle|fundstelle|arbeit|référence",
    "boilerplate": r"about|understand|notice|disclaimer|hinweis|über|propos|aviso",
    "credibility": r"credib|quality|eviden|strength|reliab|trust|certain|confiden|aussage|qualit|verläss",
    "interest": r"interest|relevan|importan|impact|useful|nutzen|interess|wichtig|intérêt|interés|utilidad",
    "source.title": r"titl|titel|titre|título|study|paper|article",
    "source.authors": r"author|written|researcher|verfass|autor|auteur|^by$|^von$",
    "source.journal": r"journal|publi(?:shed|cation)|zeitschrift|erschienen|revue|revista|rivista|magazin",
    "source.published": r"date|year|datum|jahr|année|año|fecha|publi(?:shed on)",
    "source.doi": r"\bdoi\b",
    "source.pmid": r"\bpmid\b|pubmed",
    "source.url": r"link|full text|volltext|website|view|read",
}
_PATTERNS = {name: re.compile(words) for name, words in _WORDS.items()}

RATING_WORDS = (
    ("low", "medium", "high"), ("low", "moderate", "high"), ("weak", "moderate", "strong"),
    ("poor", "fair", "good"), ("gering", "mittel", "hoch"), ("niedrig", "mittel", "hoch"),
    ("schwach", "mittel", "stark"), ("faible", "moyen", "élevé"), ("faible", "moyenne", "élevée"),
    ("bajo", "medio", "alto"), ("baja", "media", "alta"), ("basso", "medio", "alto"),
)  # fmt: skip
"""Words in the order of what they are worth."""


def says(key: str, name: str) -> bool:
    """Whether a heading or label in comparison form has a word that names such a part or field."""
    return _PATTERNS[name].search(key) is not None
