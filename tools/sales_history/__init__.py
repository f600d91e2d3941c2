"""A sales history in a text file, loaded into Odoo as customers and confirmed sale orders.

``table``, ``cells``, ``documents`` and ``progress`` are pure: no Odoo, no database. ``database``,
``customers``, ``orders`` and ``load`` work on an Odoo environment, ``command`` is the command line.
"""
