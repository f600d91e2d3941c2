"""The repository's own Odoo 19: set-up, embedded PostgreSQL, demo, tests and checks.

Run as ``python3 -m tools.environment COMMAND``; only the standard library is needed to start.
Everything it makes lies in the git-ignored folder ``.odoo``.
"""
