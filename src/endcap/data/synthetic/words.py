"""What things are called in a shop that never was."""

DEPARTMENTS = {
    "Kitchen": (
        ("Espresso Machine", "Kettle", "Saucepan", "Knife Set", "Mixer", "Toaster", "Casserole", "Cutting Board"),
        ("Coffee Beans", "Water Filter", "Descaler", "Storage Jar", "Tea Towel", "Baking Paper"),
    ),
    "Garden": (
        ("Lawn Mower", "Barbecue", "Parasol", "Garden Bench", "Hedge Trimmer", "Greenhouse", "Hammock"),
        ("Charcoal", "Plant Food", "Seed Mix", "Garden Hose", "Potting Soil"),
    ),
    "Sport": (
        ("Road Bike", "Tent", "Running Shoe", "Yoga Mat", "Kayak", "Tennis Racket", "Backpack", "Ski Helmet"),
        ("Energy Bar", "Bike Lube", "Tennis Ball", "Sport Sock", "Gas Cartridge", "Water Bottle"),
    ),
    "Office": (
        ("Printer", "Desk Lamp", "Office Chair", "Keyboard", "Monitor Arm", "Label Maker", "Shredder"),
        ("Ink Cartridge", "Copy Paper", "Notebook", "Sticky Notes", "Label Tape"),
    ),
    "Home": (
        ("Floor Lamp", "Armchair", "Vacuum Cleaner", "Air Purifier", "Rug", "Wall Clock", "Bed Frame"),
        ("Light Bulb", "Dust Bag", "Air Filter", "Scented Candle", "Pillow Case", "Floor Polish"),
    ),
    "Pets": (
        ("Aquarium", "Dog Bed", "Cat Tree", "Bird Cage", "Pet Carrier"),
        ("Fish Food", "Dog Treat", "Cat Litter", "Bird Seed", "Chew Toy"),
    ),
}
"""Things people buy now and then, and what they buy along with them and again, by department."""
HINTS = (("Nordic", "Pure", "Simple", "Calm"), ("Vivid", "Wild", "Loud", "Retro"))
"""What a title calls an item of each style, mostly."""
NEUTRAL = ("Classic", "Everyday", "Modern", "Trusted")
COLOURS = ("White", "Black", "Red", "Blue", "Green", "Sand", "Grey", "Yellow")
SYLLABLES = ("al", "bor", "ca", "del", "en", "fjo", "gra", "hel", "in", "jo", "ka", "lum", "mo", "nor", "ol", "pri")


def brand_name(number: int) -> str:
    """A brand, the same for the same number; two numbers below 4,096 never share one."""
    n = len(SYLLABLES)
    return (SYLLABLES[number % n] + SYLLABLES[number // n % n] + SYLLABLES[number // n**2 % n]).capitalize()


def category_name(noun: str, again: int) -> str:
    """The noun; for large catalogs, which need more categories than there are nouns, with a number."""
    return noun if not again else f"{noun} {again + 1}"
