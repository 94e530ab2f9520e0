"""The engine: texts → vectors → candidates → matches with their reasons.

It knows no web and no database: statements come in through `Matcher.put`, matches go out. Nothing heavy is
imported before its first use, so a web process may import this freely before it forks.
"""

from embeddings.encoder import (
    BUNDLED_MODEL,
    Encoder,
    ModelRefused,
    ModelUnavailable,
    SentenceTransformerEncoder,
    load_encoder,
)
from embeddings.explanation import mark_terms, shared_terms
from embeddings.glossary import Glossary
from embeddings.hashing import HashingEncoder
from embeddings.language import LANGUAGES, detect_language, normalise, split_statements
from embeddings.matcher import Matcher, Query, Statement
from embeddings.ranking import Band, Evidence, Match, MissingTerm, Raise, ScorePart, apply_verdicts, what_would_raise

__all__ = [
    "BUNDLED_MODEL",
    "LANGUAGES",
    "Band",
    "Encoder",
    "Evidence",
    "Glossary",
    "HashingEncoder",
    "Match",
    "Matcher",
    "MissingTerm",
    "ModelRefused",
    "ModelUnavailable",
    "Query",
    "Raise",
    "ScorePart",
    "SentenceTransformerEncoder",
    "Statement",
    "apply_verdicts",
    "detect_language",
    "load_encoder",
    "mark_terms",
    "normalise",
    "shared_terms",
    "split_statements",
    "what_would_raise",
]
