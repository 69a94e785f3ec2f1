"""The codes of claims as people read them: `claim_word.<code>` of the catalogue."""

from cashback.catalogue.reading import Language, texts_in


def said(code: str, language: Language) -> str:
    """A code in words."""
    return texts_in(language)[f"claim_word.{code}"]


def in_words(code: str) -> dict[str, str]:
    """A code with its words in both languages, as the API answers it."""
    return {"code": code, "en": said(code, "en"), "fr": said(code, "fr")}
