"""A city to play with: servers of its own, lots, gates, accounts, and a plausible day of traffic."""
