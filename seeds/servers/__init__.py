"""A PostgreSQL and a Valkey (Redis) of one's own, from wheels, for as long as a program needs them."""
