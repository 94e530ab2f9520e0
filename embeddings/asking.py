"""Words of asking: what a query says about asking, not about its topic.

"We are looking for a partner who can …" stands in most needs and in many texts that answer none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from embeddings.language import is_stop_word, normalise, sentences, words

#: Words that ask and name no topic, wherever they stand in a query.
ASKING = {
    "en": frozenset(
        """ask asking collaborate collaborating collaboration collaborations collaborator collaborators cooperate
        cooperating cooperation co-operation expert expertise experts look looking looks need needed needing needs
        partner partnering partners partnership partnerships search searching seek seeking seeks someone somebody
        anybody anyone sought want wanted wanting wants wish wishes""".split()  # noqa: SIM905
    ),
    "de": frozenset(
        """bedarf benötige benötigen benötigt brauche brauchen braucht expertin expertinnen experte experten expertise
        fachleute gesucht gesuchte jemand jemandem jemanden kooperation kooperationen kooperationspartner
        kooperationspartnerin kooperieren partner partnerin partnerinnen partnern partnerschaft projektpartner
        suche suchen sucht verbundpartner wünsche wünschen wünscht zusammenarbeit zusammenarbeiten""".split()  # noqa: SIM905
    ),
    "sv": frozenset(
        """behov behöva behöver behövs efterfrågar efterlyser efterlyses expert experten experter expertis önskar
        önskas partner partnern partners partnerskap projektpartner samarbeta samarbetar samarbete samarbeten
        samarbetspartner samarbetspartners söka sökande söker sökes söks""".split()  # noqa: SIM905
    ),
}
#: Words that name no topic either while a sentence is still asking: who asks, whom, for what kind of help.
AROUND_ASKING = {
    "en": frozenset(
        """able academic access active advice assist assistance capable centre clinic clinics company companies
        contact currently enterprise enterprises european experience experienced external find finding firm firms
        group groups help helping hospital hospitals industrial industry institute institutes institution interest
        interested know knowledge like laboratory lab labs manufacturer new offering organisation organization
        please potential provider providers providing qualified reliable research researcher researchers skilled
        small sme smes specialised specialist specialists specialized start-up startup suitable supplier suppliers
        support team teams university universities urgently""".split()  # noqa: SIM905
    ),
    "de": frozenset(
        """aktuell anbieter arbeitsgruppe beratung bitte deutsche deutschen deutscher derzeit dienstleister dringend
        einrichtung erfahrene erfahrenen erfahrener erfahrung europäische europäischen externe externen externer
        finden firma firmen forscher forschungsgruppe forschungseinrichtung forschungspartner geeignete geeigneten
        geeigneter gerne gruppe hersteller hilfe hilft helfen hochschule hochschulen industriepartner industrielle
        industriellen institut institute interesse interessiert kenntnisse kleines klinik kliniken klinikum kmu
        know-how kompetente kompetenten kompetenz kontakt krankenhaus krankenhäuser labor labore mittelständisches
        neue neuen passende passenden spezialisten start-up startup team universität universitäten unternehmen
        unterstützen unterstützung wissen wissenschaftler""".split()  # noqa: SIM905
    ),
    "sv": frozenset(
        """aktör aktörer akut bolag erfaren erfarenhet erfarna europeisk europeiska extern externa finna finns
        forskare forskargrupp forskning företag gärna grupp hitta hittar hjälp hjälpa hjälper högskola högskolor
        industri industriell industripartner institut intresse intresserad intresserade just klinik kliniker kompetens
        kontakt kunnig kunskap kunskaper labb laboratorium leverantör leverantörer litet lämplig lämpliga mindre ny
        nya någon organisation sjukhus små specialist specialister start-up startup stöd team tillverkare universitet
        veta vet""".split()  # noqa: SIM905
    ),
}


def topic_of(text: str, language: str) -> str:
    """A query without the beginnings that only ask: of "We are looking for a partner to print bone", "print bone".

    Where a sentence begins with nothing but grammar and words of asking, that beginning goes, and the kind of
    partner with it. A text that does nothing but ask is left as it is.
    """
    kept = [_topic_of(sentence, language) for sentence in sentences(text)]
    return normalise(" ".join(part for part in kept if part)) or normalise(text)


def without_asking(text: str, language: str) -> str:
    """Like `topic_of`, and without the words that only ever ask, wherever they stand."""
    asking = _of(ASKING, language)
    topic = topic_of(text, language)
    kept = topic
    for match in reversed(list(words(topic))):
        if match.group().lower() in asking:
            kept = kept[: match.start()] + kept[match.end() :]
    return normalise(kept) if any(words(kept)) else topic


def _topic_of(sentence: str, language: str) -> str:
    asking, around = _of(ASKING, language), _of(AROUND_ASKING, language)
    begin, asked = 0, False
    for match in words(sentence):
        word = match.group().lower()
        if word in asking:
            asked = True
        elif word not in around and (not is_stop_word(word, language) or _is_name(match.group())):
            break
        begin = match.end()
    rest = sentence[begin:].lstrip(" ,:;–-") if asked else sentence
    return rest if any(words(rest)) else ""


def _is_name(word: str) -> bool:
    """Whether a word is written like a name: "WHO" and "IT" are none of grammar."""
    return word.isupper() and len(word) > 1


def _of(table: Mapping[str, frozenset[str]], language: str) -> frozenset[str]:
    return table[language] if language in table else frozenset().union(*table.values())
