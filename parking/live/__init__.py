"""What this process keeps fresh: the registered network, and the live counts of Redis.."""
