"""Pictures for the README: `python -m docs.screenshots` starts a private portal with the demo estate and photographs its pages.

`--url http://127.0.0.1:8000 --username admin` photographs a running portal instead; its password is read from PORTAL_PASSWORD.
"""

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PASSWORD = "a password for the pictures"  # noqa: S105 - of a portal that lives for a minute
SHOTS = {
    "overview-light": ("/", "light"),
    "overview-dark": ("/", "dark"),
    "wall-dark": ("/?density=wall", "dark"),
    "service-light": ("/services/storefront/?range=6h", "light"),
    "machine-dark": ("/machines/db-1/?range=6h", "dark"),
    "query-light": ("/query/?q=max+by+(service)+(http_total_seconds)&range=6h", "light"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a running portal; without it a private one is started")
    parser.add_argument("--username", default="ada")
    asked = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    if asked.url:
        photograph(asked.url, asked.username, os.environ["PORTAL_PASSWORD"])
        return
    with demo_portal() as url:
        photograph(url, asked.username, PASSWORD)


@contextmanager
def demo_portal() -> Iterator[str]:
    """A portal over private servers and the demo estate; its URL."""
    from benchmarks.stack import private_servers, web

    with private_servers() as folder:
        from django.utils import timezone

        from benchmarks import demo

        demo.fill(timezone.now())
        demo.accounts(PASSWORD)
        with web(folder) as (_, port):
            yield f"http://127.0.0.1:{port}"


def photograph(url: str, username: str, password: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        log_in(page, url, username, password)
        for name, (address, theme) in SHOTS.items():
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(url + address, wait_until="networkidle")
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


def log_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}/")


if __name__ == "__main__":
    main()
