"""Find cancelled and refunded orders: the columns and words that mark them, in many languages."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from endcap.data.sources.exclusion import ANY
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import kind_of, plain
from endcap.data.starting.values import are_moments, time_format

STATUS_NAME = re.compile(r"(?i)stat(us|e|ut|o)|estado|etat|état|zustand|stan\b|stav|tila|durum|статус|状态|ステータス")
"""Parts of column names that mean a status."""
NOT_HAPPENED = """
    cancelled canceled cancel cancellation cancelation canc voided void refunded refund chargeback chargedback failed
    failure declined rejected denied returned returning return expired abandoned aborted deleted trash trashed fraud
    fraudulent restocked reversed lost undelivered
    storniert storno stornierung annulliert abgebrochen abgelehnt fehlgeschlagen gescheitert erstattet ruckerstattet
    rueckerstattet zuruckerstattet zurueckerstattet zuruckgegeben zurueckgegeben retourniert retoure ruckgabe rueckgabe
    widerrufen ungultig ungueltig geloscht geloescht zuruckgesendet zurueckgesendet zuruckgewiesen abgewiesen
    annule annulee annules annulees annulation rembourse remboursee remboursement echoue echouee echec refuse refusee
    retourne retournee rejete rejetee expiree
    cancelado cancelada anulado anulada reembolsado reembolsada rechazado rechazada fallido fallida devuelto devuelta
    devolucion
    annullato annullata rimborsato rimborsata rifiutato rifiutata fallito fallita reso restituito stornato stornata
    estornado estornada devolvido devolvida recusado recusada falhou falhado
    geannuleerd terugbetaald mislukt geweigerd geretourneerd retour afgewezen
    anulowane anulowano anulowany anulowana zwrocone zwrocono zwrot nieudane odrzucone
    zruseno zrusena zruseny stornovano vraceno avbruten annullerad aterbetald makulerad annulleret kansellert refunderet
    peruutettu peruttu iptal iade anulat torolve visszateritve otkazano
    отменен отменено отменена возврат возвращен скасовано キャンセル 返品 返金 取消 已取消 退款 已退款
    """
"""Status words of orders that were cancelled, refunded or failed; lower case, without accents."""
HAPPENED = """
    complete completed paid shipped delivered processing processed pending fulfilled unfulfilled open closed new
    confirmed authorized authorised approved success successful succeeded done placed invoiced captured settled active
    abgeschlossen bezahlt versendet versandt geliefert zugestellt offen neu bestatigt bestaetigt erledigt erfolgreich
    termine terminee paye payee expedie expediee livre livree pagado pagada enviado enviada entregado entregada
    completado completada pagato pagata spedito spedita consegnato consegnata pago paga entregue concluido betaald
    verzonden geleverd voltooid zrealizowane oplacone wyslane dostarczone ok
    """
"""Status words of all other orders."""
NO_ORDER, ORDER = frozenset(NOT_HAPPENED.split()), frozenset(HAPPENED.split())
PARTLY = re.compile(
    r"\b(part(ly|ial|ially|iel|ielle|iellement|ieel|e)?|parcial(mente)?|parzial(e|mente)|teil(weise)?|gedeeltelijk"
    r"|czesciowo|not|non|no|nicht|requested|request|angefragt|beantragt|pending|reversal)\b|^teil"
)
"""Words that make a status partial or undecided, so that the order is kept."""
YES = frozenset(("true", "yes", "y", "t", "1", "1.0", "ja", "j", "oui", "si", "vrai", "wahr", "x"))
NO = frozenset(("false", "no", "n", "f", "0", "0.0", "nein", "non", "faux", "falsch"))
FLAG = re.compile(
    r"(is|was|ist|has|est|order|bestellung)?(cancell?ed|voided|refunded|returned|deleted|storniert|annule|anulado)"
)
MOMENT = re.compile(
    r"(order)?(cancell?(ed|ation)|void(ed)?|deleted|storno|stornierungs?|stornier(t|t)|annul(e|ation)|anula(do|cion))"
    r"(at|on|date|time|timestamp|datum|am|zeit|le|el)"
)
"""Names of columns that hold a flag, and of those that hold the time of a cancellation; small letters only."""
MAX_WORDS = 50
KNOWN = 0.8
"""Minimum share of known status words in a column whose name is not a status name."""
MOST = 0.9
"""Maximum share of excluded rows; above it, the column means something else."""
SHOWN = 6


@dataclass(frozen=True)
class Exclusion:
    """The setting `exclude` for a table, and what a person should check about it."""

    exclude: Mapping[str, list[str]]
    check: str


def is_status(name: str, values: Sequence[str]) -> bool:
    """Return whether a column holds the status of an order, and not a kind of event."""
    words = {word.casefold() for word in values}
    if not words or len(words) > MAX_WORDS or any(_acts(word) for word in words):
        return False
    told = sum(_is_known(word) for word in words)
    return bool(told) if STATUS_NAME.search(name) else len(words) > 1 and told >= KNOWN * len(words)


def find_excluded(table: Seen, taken: Iterable[str]) -> Exclusion | None:
    """Find columns that mark some rows as cancelled, refunded or failed; columns in `taken` are skipped."""
    used = set(taken)
    left = [name for name in table.columns if name not in used and table.text[name] and _is_plain(table.columns[name])]
    found = {name: words for name in left if (words := _words_of(table, name))}
    counts = Counter[str]()
    told = 0
    for row in range(len(next(iter(table.columns.values()), ()))):
        said = [(name, _text(table.columns[name][row])) for name in found]
        reason = next((_label(name, word, found[name]) for name, word in said if _meant(word, found[name])), None)
        told += reason is not None or any(word for _, word in said) or all(ANY in words for words in found.values())
        if reason is not None:
            counts[reason] += 1
    if not counts or counts.total() > MOST * told:
        return None
    some = ", ".join(f"{word} ({rows:,})" for word, rows in counts.most_common(SHOWN))
    more = ", …" if len(counts) > SHOWN else ""
    return Exclusion(found, f"{counts.total():,} of {told:,} rows say {some}{more}: they are left out")


def _words_of(table: Seen, name: str) -> list[str]:
    """Return the words of a column that exclude a row, as the column spells them; `ANY` for a column of times."""
    values, bare = table.text[name], plain(name.rpartition(".")[2])
    if MOMENT.fullmatch(bare):
        return [ANY] if are_moments(table.columns[name]) or time_format(values) else []
    words = list(dict.fromkeys(values))
    folded = {word.casefold() for word in words}
    if FLAG.fullmatch(bare):
        return sorted(folded & YES) if folded <= YES | NO else []
    if not is_status(name, values):
        return []
    first = {word.casefold(): word for word in reversed(words)}
    counted = Counter(word.casefold() for word in values)
    return [first[word] for word, _ in counted.most_common() if _happened_not(word)]


def _happened_not(word: str) -> bool:
    bare = _folded(word)
    return not PARTLY.search(bare) and bool(NO_ORDER & {*bare.split()})


def _is_known(word: str) -> bool:
    return bool((NO_ORDER | ORDER) & {*_folded(word).split()})


def _acts(word: str) -> bool:
    """Return whether a word is a kind of event."""
    return kind_of(word) in ("view", "click", "cart", "uncart", "search", "impression") or plain(word) in (
        "purchase", "order", "sale", "buy",
    )  # fmt: skip


def _folded(word: str) -> str:
    """Return a word in lower case, without accents, with blanks in place of signs."""
    bare = unicodedata.normalize("NFKD", word.casefold().replace("ß", "ss").replace("ł", "l"))
    return " ".join(re.findall(r"\w+", "".join(c for c in bare if not unicodedata.combining(c)).replace("_", " ")))


def _is_plain(values: Sequence[object]) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _meant(word: str, words: Sequence[str]) -> bool:
    return bool(word) and (ANY in words or word.casefold() in {known.casefold() for known in words})


def _label(name: str, word: str, words: Sequence[str]) -> str:
    return name if ANY in words or word.casefold() in YES else word.lower()
