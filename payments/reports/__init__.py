"""Files for people who keep books. Figures come as they stand in the ledger; nothing is computed here."""

from payments.reports.settlements import settlement_csv

__all__ = ["settlement_csv"]
