"""Reports for people who keep books: a table as data, and one writer for each kind of file.

Figures come as they stand in the ledger; what is computed of them is said in a note of the report.
"""
