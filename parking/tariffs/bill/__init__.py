"""The itemised bill of a computed fee."""
