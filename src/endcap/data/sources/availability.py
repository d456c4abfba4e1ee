"""What shops write to say whether an item can be bought: stock counts, booleans, and words in several languages.

To add a word, put it into `YES` or `NO` below, in small letters without accents, blanks and signs: `squash` brings what
is read into that form. A word that is in neither says nothing, and the ledger names it.
"""

import re
import unicodedata

import ibis


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


YES = _words(
    """
    true yes y t on ok available instock onstock limitedavailability limitedstock lowstock lowinstock
    lastitems preorder presale preorderable backorder backordered backorderable onbackorder madetoorder onlineonly
    availablefororder availabletoorder availableonorder availableforpreorder availableonbackorder availableforsale
    buyable purchasable orderable salable saleable sellable forsale onsale selling active enabled publish published live
    visible online
    ja wahr lieferbar sofortlieferbar sofortverfugbar sofortversandfertig versandfertig verfugbar verfuegbar vorhanden
    auflager anlager lagernd vorratig vorraetig bestellbar vorbestellbar vorbestellung nachbestellbar
    kurzfristiglieferbar inkurzelieferbar begrenztverfugbar begrenztverfuegbar geringerbestand wenigverfugbar
    aktiv aktiviert veroffentlicht veroeffentlicht sichtbar imverkauf kaufbar
    oui vrai disponible disponibles enstock stocklimite disponiblesurcommande surcommande precommande precommandable
    actif active enligne envente publie publiee visible commandable derniersarticles
    si verdadero enexistencia enexistencias hayexistencias haystock conexistencias pocasunidades ultimasunidades
    bajopedido preventa activo activa habilitado habilitada publicado publicada enventa
    vero disponibile disponibili instock inmagazzino amagazzino disponibilitalimitata ultimipezzi suordinazione
    ordinabile preordine prenotabile attivo attiva abilitato pubblicato invendita
    waar opvoorraad uitvoorraadleverbaar voorradig beschikbaar leverbaar directleverbaar beperktleverbaar
    beperktbeschikbaar bestelbaar opbestelling nabestelling voorbestelling actief ingeschakeld gepubliceerd tekoop
    tak prawda dostepny dostepna dostepne wmagazynie nastanie nastaniemagazynowym wsprzedazy nazamowienie
    przedsprzedaz ostatniesztuki malailosc sredniailosc duzailosc aktywny aktywna aktywne wlaczony opublikowany
    sim emestoque disponivel disponiveis ativo ativa publicado encomenda
    """
)
NO = _words(
    """
    false no n f off outofstock oos soldout notinstock nostock notavailable notcurrentlyavailable unavailable
    temporarilyunavailable currentlyunavailable temporarilyoutofstock temporarilysoldout permanentlyunavailable
    permanentlyoutofstock nolongeravailable notyetavailable comingsoon notforsale notsalable notsaleable notorderable
    discontinued eol endoflife endofline obsolete retired delisted unlisted draft archived archive inactive disabled
    hidden invisible unpublished notpublished deleted removed withdrawn expired ended closed suspended blocked paused
    rejected incomplete instoreonly reserved offline private pending trash
    nein falsch ausverkauft vergriffen nichtlieferbar nichtverfugbar nichtverfuegbar nichtvorhanden nichtauflager
    nichtvorratig nichtvorraetig nichtbestellbar nichtmehrlieferbar nichtmehrverfugbar nichtmehrverfuegbar
    zurzeitnichtlieferbar zurzeitnichtverfugbar derzeitnichtlieferbar derzeitnichtverfugbar derzeitnichtverfuegbar
    derzeitausverkauft momentannichtlieferbar momentannichtverfugbar vorubergehendnichtlieferbar
    vorubergehendausverkauft auslaufartikel auslauf auslaufend ausgelaufen eingestellt abgekundigt ausgelistet inaktiv
    deaktiviert entwurf archiviert gesperrt geloscht geloescht versteckt unveroffentlicht nichtaktiv
    non faux epuise epuisee rupture rupturedestock enrupture enrupturedestock indisponible nondisponible
    horsstock pasenstock plusenstock plusdisponible temporairementindisponible arrete arretee findeserie findevie
    abandonne inactif inactive desactive desactivee brouillon archivee horsligne supprime masque nonpublie
    falso agotado agotada sinstock sinexistencias fueradestock fueradeexistencias nodisponible temporalmenteagotado
    descatalogado descatalogada discontinuado discontinuada inactivo inactiva desactivado desactivada deshabilitado
    borrador archivado archivada oculto eliminado
    esaurito esaurita esauriti nondisponibile nondisponibili noninmagazzino temporaneamenteesaurito
    fuoriproduzione fuoricatalogo finescorte finiti terminato cessato dismesso inattivo inattiva nonattivo disattivato
    disabilitato bozza archiviato nascosto
    nee onwaar uitverkocht tijdelijkuitverkocht nietopvoorraad nietvoorradig nietleverbaar nietbeschikbaar
    nietmeerleverbaar tijdelijknietleverbaar tijdelijknietopvoorraad uitassortiment uithetassortiment uitproductie
    vervallen inactief nietactief uitgeschakeld concept gearchiveerd verborgen
    nie falsz niedostepny niedostepna niedostepne chwilowoniedostepny tymczasowoniedostepny wyprzedany wyprzedana
    wyprzedane brak brakwmagazynie braknastanie brakwsprzedazy wycofany wycofana wycofane wycofanyzoferty
    wycofanyzesprzedazy nieaktywny nieaktywna nieaktywne wylaczony szkic zarchiwizowany zakonczony ukryty
    nao esgotado esgotada semestoque foradeestoque indisponivel descontinuado descontinuada inativo inativa rascunho
    """
)
SCHEMA = r"^(https?:)?(//)?(www\.)?schema(\.org/|:)"
"""What schema.org puts before its words."""
COUNT = (
    r"^[<>≥≤~]?\s*[-−+]?\s*\d[\d.,' ]*[-+]?\s*"
    r"(pcs?|pieces?|items?|units?|x|stk|stck|stück|stueck|st|uds?|unidades|pz|pezzi|pièces?|stuks|szt|"
    r"in stock|left|available|auf lager|en stock|op voorraad)?\.?$"
)
"""A number of pieces, as people write it."""
NEGATION = "not "
"""Before the name of a column that says the opposite, such as ``not discontinued``."""


def squash(text: str) -> str:
    """A text in the form of `YES` and `NO`: in small letters, without accents, blanks and signs."""
    bare = re.sub(SCHEMA, "", text.strip().lower()).replace("ß", "ss").replace("ł", "l")
    plain = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]", "", plain)


def read_availability(text: str) -> bool | None:
    """Whether a text says that an item can be bought; None if it says nothing that is understood."""
    lower = text.strip().lower()
    if re.search(COUNT, lower):
        return bool(re.search("[1-9]", lower)) and not re.search(r"^[-−]|\d\s*-$", lower)
    word = squash(text)
    return True if word in YES else False if word in NO else None


def availability(value: ibis.Value) -> ibis.Value:
    """The same of a column in DuckDB, whatever its type: true, false, or null where it says nothing."""
    kind = value.type()
    if kind.is_boolean():
        return value
    if kind.is_numeric():
        number = value.cast("float64")
        return ibis.ifelse(number.isnan(), ibis.null("boolean"), number > 0)
    lower = value.cast("string").strip().lower()
    some = lower.re_search("[1-9]") & ~lower.re_search(r"^[-−]|\d\s*-$")
    word = _squashed(lower)
    return ibis.cases(
        (lower.re_search(COUNT), some), (word.isin(sorted(YES)), True), (word.isin(sorted(NO)), False),
        else_=ibis.null("boolean"),
    )  # fmt: skip


def not_understood(value: ibis.Value) -> ibis.Value:
    """The text of a column in DuckDB where it says something that is neither yes nor no; elsewhere null."""
    text = value.cast("string").strip()
    kind = value.type()
    if kind.is_boolean() or kind.is_numeric():
        return ibis.null("string")
    return ibis.ifelse((_squashed(text.lower()) != "") & availability(value).isnull(), text, ibis.null("string"))


def all_available(values: list[ibis.Value]) -> ibis.Value:
    """Whether all columns of a row say yes, of those that say anything; null if none does."""
    no = ibis.or_(*(~value for value in values)) if len(values) > 1 else ~values[0]
    yes = ibis.or_(*values) if len(values) > 1 else values[0]
    return ibis.cases((no.fill_null(False), False), (yes.fill_null(False), True), else_=ibis.null("boolean"))


def _squashed(lower: ibis.Value) -> ibis.Value:
    bare = lower.re_replace(SCHEMA, "").replace("ß", "ss").replace("ł", "l")
    return _without_accents(bare).re_replace("[^a-z0-9]", "")


@ibis.udf.scalar.builtin(name="strip_accents")  # type: ignore[untyped-decorator]
def _without_accents(text: str) -> str:  # type: ignore[empty-body]
    """The text without accents."""
