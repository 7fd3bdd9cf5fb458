"""The archive's tables as typed models. Readers query the public views (`storage.views`) rather than
these."""

from storage.models.articles import (
    AbsenceRow,
    Article,
    EvidenceRow,
    Journal,
    Passage,
    Revision,
    RevisionTopic,
    Section,
    SectionParagraph,
    TopicName,
)
from storage.models.base import Base
from storage.models.crawl import (
    URL_KINDS,
    URL_STATES,
    VIAS,
    Capture,
    Run,
    Url,
    UrlHistory,
    UrlSource,
    WarcFile,
)
from storage.models.history import ArticleEvent, Correction
from storage.models.relating import ArticleBand, ArticleProfile, ArticleTerm, NearDuplicate
from storage.models.shared import (
    BoilerplatePassage,
    CardList,
    CardListSighting,
    CardRow,
    RevisionBoilerplate,
)
from storage.models.site_change import Alarm, CaptureFields, Quarantine, ReadingShape

__all__ = [
    "URL_KINDS",
    "URL_STATES",
    "VIAS",
    "AbsenceRow",
    "Alarm",
    "Article",
    "ArticleBand",
    "ArticleEvent",
    "ArticleProfile",
    "ArticleTerm",
    "Base",
    "BoilerplatePassage",
    "Capture",
    "CaptureFields",
    "CardList",
    "CardListSighting",
    "CardRow",
    "Correction",
    "EvidenceRow",
    "Journal",
    "NearDuplicate",
    "Passage",
    "Quarantine",
    "ReadingShape",
    "Revision",
    "RevisionBoilerplate",
    "RevisionTopic",
    "Run",
    "Section",
    "SectionParagraph",
    "TopicName",
    "Url",
    "UrlHistory",
    "UrlSource",
    "WarcFile",
]
