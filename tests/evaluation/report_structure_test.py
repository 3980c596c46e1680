# SPDX-License-Identifier: Apache-2.0
"""Reads the example reports with another parser than the one that wrote them.

usage: report_structure_test.py REPORT_PAGES

REPORT_PAGES is the program that writes the pages.
"""

import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

VOID = {"meta", "br", "hr", "img", "input", "link"}
REPORT_PAGES = sys.argv.pop(1)


class Outline(html.parser.HTMLParser):
    """Collects what a test asks about; complains about unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.names, self.addresses = [], [], set(), []
        self.problems = []
        self.feed(text)
        self.close()
        self.problems += [f"<{name}> is not closed" for name in self.open]

    def handle_starttag(self, tag, attributes):
        self.note(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.note(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"{self.getpos()}: unexpected </{tag}>")

    def note(self, tag, attributes):
        self.names.add(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "action", "data", "srcset", "poster"):
                self.addresses.append(value)
            if name.startswith("on"):
                self.problems.append(f"{self.getpos()}: script in {name}")


class ReportStructureTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([REPORT_PAGES, folder], check=True)
            cls.pages = {
                path.stem: path.read_text(encoding="utf-8")
                for path in pathlib.Path(folder).glob("*.html")
            }
        assert len(cls.pages) >= 10, sorted(cls.pages)

    def each(self):
        for name, page in sorted(self.pages.items()):
            with self.subTest(page=name):
                yield page

    def test_tags_are_balanced_and_ids_are_unique(self):
        for page in self.each():
            outline = Outline(page)
            self.assertEqual(outline.problems, [])
            self.assertEqual(len(outline.ids), len(set(outline.ids)))

    def test_every_figure_is_well_formed_xml(self):
        for page in self.each():
            figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
            for figure in figures:
                xml.etree.ElementTree.fromstring(figure)

    def test_a_run_without_a_record_has_a_sentence_for_its_charts(self):
        for name, page in self.pages.items():
            with self.subTest(page=name):
                none = name in ("empty", "begun")
                self.assertEqual(page.count("<figure") == 0, none)
                self.assertEqual("Nothing has been recorded yet." in page, none)

    def test_nothing_is_loaded_from_anywhere(self):
        for page in self.each():
            outline = Outline(page)
            # A seed panel leads to the pages of its runs.
            for address in outline.addresses:
                self.assertRegex(address, r"^seed-\d+/report\.html$")
            self.assertFalse(outline.names & {"img", "link", "iframe", "object"})
            for word in ("http://", "https://", "url(", "@import", "fetch("):
                self.assertNotIn(word, page)
            self.assertIn("default-src 'none'", page)

    def test_text_from_outside_never_becomes_markup(self):
        page = self.pages["hostile"]
        self.assertEqual(page.count("<script>"), 1)
        self.assertEqual(page.count("</script>"), 1)
        self.assertGreater(page.count("&lt;img src=x&gt;"), 10)

    def test_every_point_of_the_curves_has_its_values(self):
        page = self.pages["ordinary"]
        curve = re.search(r'<figure id="return".*?</figure>', page, re.DOTALL)
        titles = xml.etree.ElementTree.fromstring(curve[0]).findall(
            ".//rect/title"
        )
        self.assertEqual(len(titles), 20)
        self.assertEqual(
            titles[-1].text,
            "step 20,000\ndeterministic: −139.8 ± 85.5\n"
            "stochastic: −141.9 ± 86.5",
        )


if __name__ == "__main__":
    unittest.main()
