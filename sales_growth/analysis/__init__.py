"""Pure analysis: frames and parameters in, frames out; one file per subject.

Nothing in this package imports Odoo or reads a clock. The subjects are not imported here, so that
loading the addon does not load pandas: callers import a subject inside the method that needs it.
"""
