# SPDX-License-Identifier: Apache-2.0
"""Opens the example reports in a real browser without a window.

usage: report_browser_test.py REPORT_PAGES

REPORT_PAGES is the program that writes the pages. Exits 77 (skipped) where
there is no Chromium; scripts/setup --browser installs it.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import headless_browser

SKIPPED = 77
DESKTOP = (1200, 900)
PHONE = (390, 844)
REPORT_PAGES = sys.argv.pop(1)


class ReportBrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([REPORT_PAGES, cls.folder.name], check=True)
        cls.pages = sorted(pathlib.Path(cls.folder.name).glob("*.html"))
        cls.browser = cls.enterClassContext(
            headless_browser.Browser(headless_browser.find_browser())
        )

    def open(self, name, size=DESKTOP, scheme="light"):
        self.browser.resize(*size)
        self.browser.media(scheme)
        self.browser.open(pathlib.Path(self.folder.name) / f"{name}.html")

    def point_at_curve(self, share):
        """Moves the mouse to that share of the learning curve's width."""
        x, y = self.browser.evaluate(
            "(() => { const chart = document.querySelector('#return svg.chart');"
            "chart.scrollIntoView({block: 'center'});"
            "const box = chart.getBoundingClientRect();"
            f"return [box.left + {share} * box.width, box.top + 50]; }})()"
        )
        self.browser.move_mouse(x, y)

    def tip(self):
        """The tooltip's lines, or None while it is hidden."""
        return self.browser.evaluate(
            "(() => { const tip = document.querySelector('#return .tip');"
            "return tip.hidden ? null :"
            "[...tip.children].map((line) => [...line.childNodes].map("
            "(node) => node.textContent)); })()"
        )

    def test_no_page_has_errors_or_asks_for_anything(self):
        for page in self.pages:
            for size in (DESKTOP, PHONE):
                with self.subTest(page=page.stem, size=size):
                    self.open(page.stem, size)
                    self.assertEqual(self.browser.problems(), [])
                    self.assertEqual(
                        self.browser.requests(), [page.resolve().as_uri()]
                    )

    def test_no_page_is_wider_than_the_screen(self):
        for page in self.pages:
            for size in (DESKTOP, PHONE):
                with self.subTest(page=page.stem, size=size):
                    self.open(page.stem, size)
                    width = self.browser.evaluate(
                        "document.documentElement.scrollWidth"
                    )
                    self.assertEqual(width, size[0])

    def test_light_and_dark_are_drawn_each_on_its_ground(self):
        for scheme, ground in (("light", (255, 255, 255)), ("dark", (20, 22, 26))):
            with self.subTest(scheme=scheme):
                self.open("ordinary", (600, 700), scheme)
                png = self.browser.screenshot()
                _, _, _, rows = headless_browser.decode_png(png)
                self.assertEqual(tuple(rows[0][:3]), ground)
                self.assertGreater(len(headless_browser.colours(png)), 50)

    def test_text_stands_out_from_its_ground(self):
        # WCAG 2.1: 4.5 for text, 3 for the lines of a chart.
        for scheme in ("light", "dark"):
            self.open("ordinary", DESKTOP, scheme)
            for name, least in (
                [("--text", 7), ("--muted", 4.5), ("--target", 3)]
                + [(f"--s{i}", 3) for i in (1, 2, 3, 4)]
            ):
                with self.subTest(scheme=scheme, colour=name):
                    self.assertGreater(
                        contrast(self.colour(name), self.colour("--ground")),
                        least,
                    )

    def colour(self, variable):
        text = self.browser.evaluate(
            "getComputedStyle(document.documentElement)"
            f".getPropertyValue('{variable}').trim()"
        )
        return [int(text[i : i + 2], 16) for i in (1, 3, 5)]

    def test_the_values_under_the_mouse_are_shown(self):
        self.open("ordinary")
        self.assertIsNone(self.tip())
        self.point_at_curve(0.999)
        self.assertEqual(
            self.tip(),
            [
                ["step 20,000"],
                ["deterministic", "−139.8 ± 85.5"],
                ["stochastic", "−141.9 ± 86.5"],
            ],
        )
        self.point_at_curve(0.26)
        self.assertEqual(self.tip()[0], ["step 5,000"])
        self.assertTrue(self.tip_is_inside())
        self.browser.move_mouse(2, 2)
        self.assertIsNone(self.tip())

    def tip_is_inside(self):
        """Within the screen, and over none of the dots it is about."""
        return self.browser.evaluate(
            "(() => { const tip = document.querySelector('#return .tip')"
            ".getBoundingClientRect();"
            "const dots = [...document.querySelectorAll('#return .cursor circle')]"
            ".map((dot) => dot.getBoundingClientRect());"
            "return tip.left >= 0 && tip.right <= innerWidth && dots.length == 2"
            " && dots.every((dot) => dot.right < tip.left || dot.left > tip.right"
            " || dot.bottom < tip.top || dot.top > tip.bottom); })()"
        )

    def test_the_tooltip_stays_on_a_phone_s_screen(self):
        self.open("ordinary", PHONE)
        for share in (0.01, 0.3, 0.5, 0.7, 0.99):
            self.point_at_curve(share)
            self.assertIsNotNone(self.tip())
            self.assertTrue(self.tip_is_inside(), share)

    def test_arrow_keys_move_along_a_chart(self):
        self.open("ordinary")
        self.browser.evaluate("document.querySelector('#return svg.chart').focus()")
        for key, step in (
            ("ArrowLeft", "step 20,000"),
            ("ArrowLeft", "step 19,000"),
            ("Home", "step 1,000"),
            ("ArrowRight", "step 2,000"),
        ):
            self.browser.press(key)
            self.assertEqual(self.tip()[0], [step])
        self.browser.press("Escape")
        self.assertIsNone(self.tip())

    def test_charts_stand_in_one_column_on_a_phone_and_two_on_a_desktop(self):
        for size, columns in ((DESKTOP, 2), (PHONE, 1)):
            self.open("ordinary", size)
            lefts = self.browser.evaluate(
                "[...new Set([...document.querySelectorAll('figure:not(.wide)')]"
                ".map((f) => Math.round(f.getBoundingClientRect().left)))]"
            )
            self.assertEqual(len(lefts), columns)

    def test_the_table_s_head_stays_while_its_rows_scroll(self):
        self.open("ordinary", (900, 500))
        moved = self.browser.evaluate(
            "(() => { const scroll = document.querySelector('.scroll');"
            "const top = () => scroll.querySelector('thead tr + tr th')"
            ".getBoundingClientRect().top - scroll.getBoundingClientRect().top;"
            "const before = top(); scroll.scrollTop = 200;"
            "return [scroll.scrollTop, top() - before]; })()"
        )
        self.assertEqual(moved, [200, 0])


def contrast(first, second):
    """Contrast ratio of two sRGB colours (WCAG 2.1)."""

    def luminance(colour):
        linear = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
            for c in (value / 255 for value in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


if __name__ == "__main__":
    if headless_browser.find_browser() is None:
        print("skipped: no Chromium here; scripts/setup --browser installs it")
        sys.exit(SKIPPED)
    unittest.main()
