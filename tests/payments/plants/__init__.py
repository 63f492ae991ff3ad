"""Every corruption that some invariant has to notice."""

from tests.payments.plants.books import BOOKS
from tests.payments.plants.cash import CASH
from tests.payments.plants.corrections import CORRECTIONS

PLANTS = {**BOOKS, **CASH, **CORRECTIONS}
