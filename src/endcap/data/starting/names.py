"""How shops call things, in several languages; the first names are the surest."""

import re
import unicodedata
from collections.abc import Mapping

COOKIE_NAMES = """
    visitorid visitor anonymousid anonymoususerid anonid anonymous cookie cookieid deviceid clientid gaclientid
    userpseudoid pseudoid fullvisitorid browserid fingerprint guestid guestkey idvisitante idvisiteur bezoekerid
    besucherid besucher trackingid advertisingid gaid idfa mparticleid ajsanonymousid domainuserid"""
"""Ids of browsers and devices: they say who came, but less surely than an account does."""
EVENT_NAMES: Mapping[str, str] = {
    "time": """time timestamp eventtime eventtimestamp datetime createdat datecreated createddate creationdate
        orderedat placedat purchasedat processedat dateordered dateadded orderdate invoicedate purchasedate
        transactiondate occurredat ts when date created eventdate zeit zeitpunkt bestelldatum kaufdatum datum fecha
        fechahora
        fechapedido horodatage dateheure datecommande dateachat dataora dataordine datacompra tijd tijdstip besteldatum
        czas datazamowienia data""",
    "item_id": """itemid productid sku stockcode productcode articleid variantid asin itemsku lineitemsku ean gtin item
        product article artikelnummer artikelnr artikelid produktid produktnummer artikel produkt idproducto
        codigoproducto producto articulo referencia idproduit codeproduit produit reference idprodotto codiceprodotto
        codicearticolo prodotto idproduto codigoproduto produto idproduktu clothingmodel model""",
    "user_id": """userid customerid customerno customernumber customernr customerkey customercode householdid
        householdkey householdno household memberid memberno membernumber member loyaltycard loyaltycardid
        loyaltyid loyaltynumber loyaltyno loyalty cardnumber cardno cardid accountid accountno
        accountnumber account buyerid buyer shopperid shopper clientid uid user customer client profileid
        contactid personid guestid subscriberid customeremail useremail guestemail buyeremail billingemail
        contactemail emailaddress email mail login username kundennummer kundennr kundenid kundenno kunde
        kundenkarte kundenkartennummer mitgliedsnummer mitgliedsnr mitglied konto kontonummer haushalt
        haushaltsid kaufer nutzerid nutzer benutzer benutzerid idcliente codigocliente numerocliente
        cliente idusuario usuario socio numerosocio tarjeta correo idclient numeroclient codeclient
        idutilisateur utilisateur membre cartefidelite compte acheteur foyer courriel idutente utente
        codicecliente tessera socioid acquirente klantnummer klantid klantnr klant lidnummer huishouden
        koper klienta idklienta klient uzytkownik kupujacy visitorid visitor besucherid besucher"""
    + COOKIE_NAMES,
    "session_id": """sessionid session visitid usersession gasessionid visit sitzungsid sitzung besuch idsesion sesion
        idsession visite idsessione sessione sessieid sessie sessao sesja""",
    "kind": """kind eventtype eventname event action activity interaction behavior behaviour type ereignistyp ereignis
        aktion art tipoevento evento accion tipo typeevenement evenement azione gebeurtenis acao zdarzenie""",
    "order_id": """orderid ordernumber invoiceno transactionid invoice invoiceid basketid order transaction
        bestellnummer bestellnr auftragsnummer rechnungsnummer bestellung numeropedido idpedido pedido numerocommande
        idcommande
        commande numeroordine idordine ordine bestelnummer bestelling numerzamowienia zamowienie
        receiptid receiptnumber receiptno receipt checkoutid basketnumber ticketnumber ticketid kassenbon bonnummer bon
        belegnummer beleg kassenzettel numeroticket ticket scontrino numeroscontrino paragon numerparagonu""",
    "quantity": """quantity qty lineitemquantity pieces units count menge anzahl stueck stuck cantidad quantite quantita
        aantal quantidade ilosc""",
    "price": """price unitprice itemprice itemcost saleprice lineitemprice preis einzelpreis stuckpreis precio
        preciounitario prix prixunitaire prezzo prezzounitario prijs preco precounitario cena""",
    "currency": "currency currencycode wahrung waehrung moneda devise valuta moeda waluta",
    "query": "query searchterm searchquery search keyword keywords suchbegriff suche busqueda recherche",
    "slate_id": "slateid recommendationid impressionid listid",
    "position": "position rank slot place",
    "device": "device devicecategory devicetype platform geraet geraetetyp dispositivo appareil apparaat",
    "country": """country countryname countrycode shippingcountry land laendercode pais codigopais pays codepays paese
        landcode kraj""",
}
PERSON = re.compile(
    r"(user|customer|client|member|household|account|buyer|shopper|visitor|guest|loyalty|cookie|device|anonymous|kunde|"
    r"kunden|mitglieds?|haushalts?|nutzer|benutzer|besucher|cliente?|usuario|utilisateur|membre|utente|klant|klient)"
    r"(id|ids|key|no|nr|num|number|nummer|code|hash|uuid|email|mail|card|cardid|cardno)$|^(id|numero|codigo|code)"
    r"(cliente?|usuario|utilisateur|utente|klienta|client)$|email$|^email|loyaltycard|^cookie|^mail$"
)
"""Names, without case and signs, of columns that look like ids of people."""
STOCK_WORDS = """
    available availability instock isinstock stockstatus isavailable availableforsale onstock orderable buyable
    verfugbar verfuegbar verfugbarkeit verfuegbarkeit lieferbar lieferbarkeit lieferstatus lagerstatus auflager
    disponible disponibilite enstock disponibilidad disponibile disponibilita beschikbaar beschikbaarheid leverbaar
    opvoorraad
    voorraadstatus dostepny dostepnosc disponivel disponibilidade
    """
"""Columns in which a shop says by itself whether an item can be bought …"""
STOCK_COUNTS = """
    stock stocklevel stockquantity stockqty stockonhand qtyonhand quantityonhand onhand inventory inventoryquantity
    inventoryqty inventorylevel inventorycount quantityavailable availablequantity qtyavailable availableqty
    totalinventory quantity qty bestand lagerbestand lagermenge lager vorrat existencias stockdisponible inventario
    quantitestock quantiteenstock giacenza scorte magazzino voorraad stan stanmagazynowy ilosc estoque
    """
"""… in which it counts pieces, of use where no such column is there …"""
SALE_STATUS = """
    status productstatus itemstatus articlestatus state published ispublished publishedonstorefront active isactive
    enabled isenabled visible isvisible online issalable issaleable salable saleable availablefororder aktiv sichtbar
    veroffentlicht actif statut activo estado attivo stato actief aktywny ativo
    """
"""… and in which it says whether an item is offered at all."""
NOT_ON_SALE = """
    discontinued isdiscontinued deleted isdeleted soldout issoldout outofstock isoutofstock unavailable archived
    isarchived hidden ishidden withdrawn delisted inactive isinactive disabled isdisabled blocked gesperrt ausverkauft
    auslaufartikel eingestellt geloscht agotado descatalogado epuise arrete supprime esaurito uitverkocht wycofany
    esgotado
    """
"""Columns of a catalog whose yes says that an item is no longer sold."""
SALE_PRICES = """
    saleprice specialprice discountprice discountedprice offerprice reducedprice promoprice promotionprice
    angebotspreis aktionspreis sonderpreis preciooferta preciorebajado precioespecial prixpromo prixpromotion prixsolde
    prixremise prezzoscontato prezzoofferta prezzospeciale aanbiedingsprijs actieprijs cenapromocyjna cenaspecjalna
    """
"""Columns of a catalog that say, where they are filled, what a customer pays today instead of the usual price."""
CATALOG_NAMES: Mapping[str, str] = {
    "item_id": EVENT_NAMES["item_id"] + " id code handle",
    "title": """title productname itemname name producttitle description bezeichnung produktname titel nombre titulo
        descripcion libelle titre nom titolo nome descrizione omschrijving naam nazwa""",
    "category": """category categoryname categorycode producttype categoryid productcategory department kategorie
        warengruppe categoria categorie rayon kategoria""",
    "family": "family parentid parentsku itemgroupid groupid modelid variantof",
    "image": "image imageurl imagelink imagesrc img picture bildurl bild imagen",
    "brand": "brand brandname manufacturer vendor marke hersteller marca fabricante marque merk marka",
    "price": EVENT_NAMES["price"] + " listprice regularprice variantprice",
    "currency": EVENT_NAMES["currency"],
    "price_list": """pricelist pricelistid pricelistname pricebook pricegroup customergroup preisliste preisgruppe
        kundengruppe listino listinoprezzi tarifa listaprecios listadeprecios tarif grilletarifaire prijslijst
        cennik""",
    "available": f"{STOCK_WORDS} {STOCK_COUNTS} {SALE_STATUS}",
}
KIND_NAMES: Mapping[str, str] = {
    "view": """view views viewed pageview viewitem viewproduct productview productviewed detail detailpage pv show
        ansicht angesehen vista visto vue consultation visualizzazione bekeken wyswietlenie""",
    "click": "click clicks clicked selectitem clickitem clickout klick clic",
    "cart": """cart addtocart addcart atc basket addtobasket cartadd productadded warenkorb inwarenkorb hinzugefugt
        carrito anadircarrito panier ajoutpanier carrello winkelwagen koszyk""",
    "uncart": "uncart removefromcart removecart cartremove productremoved",
    "purchase": """purchase purchased buy bought order ordered transaction sale sold paid checkoutcompleted orderplaced
        conversion kauf gekauft bestellung compra comprado achat achete acquisto aankoop zakup""",
    "return": "return returned refund refunded retoure devolucion retour reso zwrot",
    "search": "search searched viewsearchresults suche busqueda recherche ricerca",
    "impression": "impression impressions viewitemlist shown display displayed exposure",
}
CURRENCIES = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "zł": "PLN", "₹": "INR", "₽": "RUB"}


def plain(name: str) -> str:
    """A name without case, accents, blanks and signs."""
    bare = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l"))
    return re.sub(r"[^a-z0-9]", "", "".join(c for c in bare if not unicodedata.combining(c)).lower())


def likeness(name: str, known: str) -> float:
    """From 0 to 1: how much a column name sounds like one of the known ones, of which the first are the surest."""
    names, bare = known.split(), plain(name)
    if bare in names:
        return 0.98 - 0.2 * names.index(bare) / len(names)
    parts = [part for part in names if len(part) > 3 and (bare.startswith(part) or bare.endswith(part))]
    return 0.6 if parts else 0.0


def kind_of(value: str) -> str | None:
    """Our kind of event for a word of theirs."""
    bare = plain(value)
    return next((kind for kind, names in KIND_NAMES.items() if bare in names.split()), None)


def is_person(name: str) -> bool:
    """Whether a column is called like one of ids of people, devices or addresses of people."""
    return bool(PERSON.search(plain(name)))
