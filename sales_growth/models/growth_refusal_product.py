from odoo import api, models
from odoo.fields import Domain

# Shorter words ("of", "для") match nearly everything.
SHORTEST_WORD = 3
MOST_SUGGESTIONS = 8


class GrowthRefusal(models.Model):
    """What customers ask for and what the catalogue has."""

    _inherit = 'growth.refusal'

    @api.model
    @api.readonly
    def get_matching_products(self, text):
        """Products of the catalogue that a salesperson may mean, while the name is typed: those
        with all of its words, else those with any of them, most words first.

        :param str text:
        :return: `id` and `name`, 8 at most
        :rtype: list[dict]
        """
        Product = self.env['product.product']
        text = str(text or "")
        words = [word for word in text.split() if len(word) >= SHORTEST_WORD] or text.split()
        if not words:
            return []
        matches = [
            Domain('name', 'ilike', word) | Domain('default_code', 'ilike', word) for word in words
        ]
        sold = Domain('sale_ok', '=', True)
        products = Product.search(sold & Domain.AND(matches), limit=MOST_SUGGESTIONS)
        if not products and len(words) > 1:
            products = Product.search(sold & Domain.OR(matches), limit=10 * MOST_SUGGESTIONS)
            products = products.sorted(
                lambda product: -sum(word.lower() in product.name.lower() for word in words)
            )
        return [
            {'id': product.id, 'name': product.display_name}
            for product in products[:MOST_SUGGESTIONS]
        ]

    @api.model
    def _find_product(self, name):
        """The product of the catalogue with a name or reference, whatever the case; none when
        there are several, as nobody said which.

        :rtype: product.product
        """
        Product = self.env['product.product']
        exact = name.strip().replace('\\', r'\\').replace('%', r'\%').replace('_', r'\_')
        products = Product.search(
            [
                ('sale_ok', '=', True),
                '|',
                ('name', '=ilike', exact),
                ('default_code', '=ilike', exact),
            ],
            limit=2,
        )
        return products if len(products) == 1 else Product
