"""The price engine: a compiled tariff and a visit give a fee, to the fen and without its explanation."""
