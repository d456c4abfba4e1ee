"""Takes the pictures of the documentation from a running demo shop: tools/screenshots.py ADDRESS (needs Chromium)."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = ["--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main(address: str) -> None:
    """Writes ``docs/images/*.jpg``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1020})
        page.goto(f"{address}item/85123A")
        page.get_by_role("link", name="Red Hanging Heart").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / "item.jpg", type="jpeg", quality=82, full_page=True)
        page.goto(address)
        page.get_by_text("What everybody likes").wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / "home.jpg", type="jpeg", quality=82)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
