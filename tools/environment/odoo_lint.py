"""Odoo's own linters (its module test_lint) on this repository's addons. Fed to ``odoo shell``.

They are made to look through all of Odoo, which takes many minutes: here they are shown only our
addons. Left out are the tests of the linters themselves and the scan of Odoo for conflict markers.
"""

import logging
import sys
from pathlib import Path
from unittest.mock import patch

from odoo.modules import Manifest
from odoo.tests import shell
from odoo.tools import config

TAGS = ",".join(
    [
        "/test_lint",
        "-/test_lint:TestConflictMarkers",
        "-/test_lint:TestGetTextLint",
        "-/test_lint:TestSqlLint",
        "-/test_lint:TestI18nChecks",
        "-/test_lint.test_directives_regex",
        "-/test_lint.test_regular_expression",
        "-/test_lint.test_regular_expression_long",
        "-/test_lint.test_matches_underscore",
    ]
)


class Complaints(logging.Handler):
    """Counts what the linters report: some only log a warning and do not fail."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record):
        self.count += 1


def our_manifests():
    """Manifests of the addons that lie in this repository."""
    folders = [Path(folder) for folder in config["addons_path"]]
    found = [
        Manifest._from_path(str(path.parent))
        for folder in folders
        for path in folder.glob("*/__manifest__.py")
    ]
    return sorted(filter(None, found), key=lambda manifest: manifest.name)


def run(env):
    """Run the linters, return whether they were content."""
    manifests = our_manifests()
    complaints = Complaints()
    logging.getLogger("odoo.addons.test_lint").addHandler(complaints)
    with (
        patch.object(Manifest, "all_addon_manifests", staticmethod(lambda: manifests)),
        patch.object(config, "root_path", manifests[0].path),
    ):
        report = shell.run_tests(env, TAGS, ["test_lint"])
    return report.wasSuccessful() and report.testsRun and not complaints.count


if not run(env):
    sys.exit(1)
