"""Load against a real OneLot, on this machine alone: how fast, how safe under kills, and whether order matters.

    python -m loadtests throughput   events per second and latency, beside what Litestar and PostgreSQL do alone
    python -m loadtests faults       concurrent events for the same lots while the server is killed; nothing may be lost
    python -m loadtests redelivery   the same events twice and shuffled against once and in order
    python -m loadtests restore      PostgreSQL is lost and restored to a moment, to the very event
    python -m loadtests upgrade      the schema is migrated and another process takes over; no event may be refused
    python -m loadtests pricing      how long fees take to compute, one by one and of a million past stays; no servers

Each of the others starts a PostgreSQL (with fsync) and a Redis of its own and `python -m parking serve`, and stops them
however it ends. ONELOT_DATABASE_URL (a role that may create databases; a new one is made and dropped) and
ONELOT_REDIS_URL point it at others; not `restore`, which loses its PostgreSQL. Everything is bounded by time and by
count, and speaks to loopback. `--json` prints the report as JSON.
Exit code 1 means that something was lost, recorded twice, or left out of balance.

Client, server and PostgreSQL share the machine's cores, so a figure belongs to the machine line printed with it and to
the ceilings measured in the same run; only the shares travel.
"""
