"""How much a caller may send, hold open and ask for: sizes, times and rates, and how connections share descriptors.

Pure: the times come in as arguments. What enforces it stands in `api/connections.py` (what arrives on a socket),
`api/limits.py` (requests) and `live/rates.py` (rates, counted for all processes together).
"""

from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from msgspec import Struct

from payments.errors import OneLotError

# What arrives. A request's head is its first line and its headers; nothing honest comes near these.
HEAD_BYTES_MAX = 16 * 1024
URL_BYTES_MAX = 8 * 1024
HEADERS_MAX = 64
PIPELINED_MAX = 8
BODY_BYTES_MAX = 8 * 1024
LOT_BODY_BYTES_MAX = 64 * 1024
BAYS_BODY_BYTES_MAX = 512 * 1024
TARIFF_BODY_BYTES_MAX = 256 * 1024
# How long it may take. A body gets BODY_TIMEOUT_S, and beyond it the time that its bytes take at BODY_BYTES_PER_S_MIN.
HEAD_TIMEOUT_S = 10.0
BODY_TIMEOUT_S = 10.0
BODY_BYTES_PER_S_MIN = 2 * 1024
# Longer than any Retry-After, so that who waits as told does not meet a connection that is being closed.
IDLE_TIMEOUT_S = 30.0
# How long a caller may leave an answer unread that no longer fits the socket's buffers.
WRITE_TIMEOUT_S = 30.0
# A serving process that is silent to its parent for so long is killed and started anew. One that starts is silent until
# it has imported what it needs, which takes a busy machine a while; it must not be killed again and again.
WORKER_SILENCE_S = 20
# How long a refusal is left for the caller to read before the connection is closed.
LINGER_S = 1.0
# So much of a refused body is read and dropped, which costs little: many clients send all of it before they read.
LINGER_BYTES_MAX = 32 * 1024 * 1024
# A refusal for asking too often, or of a body that nobody needs, comes only after this time: who asks again at once
# asks slowly.
REFUSAL_DELAY_S = 1.0
# Reads that nobody is named for, in work at once; what is beyond waits its turn, WAITING_MAX at most. The event
# loop gives every request in work the same share of its time: so few beside the gates leave them nearly all of it.
READS_AT_ONCE_MAX = 2
# The same of writes, which wait for a payment channel and not only for us; fewer where the database's connections are.
WRITES_AT_ONCE_MAX = 16
# Of gate events, in work at once: one is thought about while the database works on the other.
BATCHES_AT_ONCE_MAX = 2
# Of the pool's connections those that writes never take: one for each read, one for who is named. Gates have their own.
CONNECTIONS_KEPT = READS_AT_ONCE_MAX + 1
WAITING_MAX = 500

# Beyond this many a process serves nobody well, whatever the machine allows.
CONNECTIONS_MAX = 10_000
# The program's own files and sockets, beside its connections to PostgreSQL and Redis.
DESCRIPTORS_OWN = 64
# Shares of the connections: those kept for the gateways' listener, the most of one address, live streams, and the most
# live streams of one address.
GATEWAYS_SHARE = 4
ADDRESS_SHARE = 4
LISTENERS_SHARE = 2
LISTENERS_ADDRESS_SHARE = 20

BUCKETS_MAX = 20_000
ADDRESS_CHARACTERS_MAX = 64
# Sums of binary fractions come out a little beside the instant they mean.
CLOCK_GRAIN_S = 1e-6


class TooManyWaiting(OneLotError):
    """So many wait to be answered that one more would wait too long."""


class TooManyRequests(OneLotError):
    """A caller asked for more than its rate allows."""


class NoRoom(OneLotError):
    """The process may not open as many descriptors as it needs to serve anybody."""


class Rate(Struct, frozen=True):
    """So many requests in so many seconds; all of them may come at once."""

    requests: int
    seconds: int


class Shares(Struct, frozen=True):
    """How many connections a process takes. `gateways` are those of the gateways' own listener, `public` all others."""

    public: int
    gateways: int
    listeners: int

    @property
    def of_address(self) -> int:
        """The most connections of one address on the public listener."""
        return max(self.public // ADDRESS_SHARE, 1)

    @property
    def of_gateway_address(self) -> int:
        """The most connections of one address on the gateways' listener: one platform may speak for many lots."""
        return max(self.gateways // 2, 1)

    @property
    def listeners_of_address(self) -> int:
        """The most live streams of one address."""
        return max(self.listeners // LISTENERS_ADDRESS_SHARE, 1)


def shares(descriptors: int, *, taken: int, gateways: bool, public: bool = True) -> Shares:
    """How the descriptors a process may open are shared.

    taken: its connections to PostgreSQL and Redis at most. gateways, public: whether it has a listener for gateways,
    and one for everybody else.

    Raises:
        NoRoom: nothing would be left for callers.
    """
    connections = min(descriptors - taken - DESCRIPTORS_OWN, CONNECTIONS_MAX)
    if connections < GATEWAYS_SHARE * ADDRESS_SHARE:
        raise NoRoom(
            f"A process may open {descriptors} files here, which leaves no room for callers: raise `ulimit -n`.",
            descriptors=descriptors,
        )
    if not public:
        return Shares(0, connections, 0)
    kept = connections // GATEWAYS_SHARE if gateways else 0
    others = connections - kept
    return Shares(others, kept, others // LISTENERS_SHARE)


def writes_at_once(pool_max: int) -> int:
    """How many writes that nobody is named for are in work at once, so that they never hold all of the pool's
    connections. One is in work however small the pool is.
    """
    return max(1, min(WRITES_AT_ONCE_MAX, pool_max - CONNECTIONS_KEPT))


def network(address: str) -> str:
    """Whom an address belongs to, as far as limits go: an IPv4 address, or the /64 that a household gets of IPv6."""
    # What a proxy passed on may be no address and of any length, and is not worth remembering.
    return _network(address) if len(address) <= ADDRESS_CHARACTERS_MAX else address[:ADDRESS_CHARACTERS_MAX]


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed.packed[:8] + bytes(8), 64)))


class Buckets:
    """Token buckets by key, the longest unused forgotten first when there are more than `keys_max`."""

    def __init__(self, keys_max: int = BUCKETS_MAX) -> None:
        self._keys_max = keys_max
        # The instant at which a bucket is full again.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, rate: Rate, now: float) -> float:
        """Takes one token: 0.0, or the seconds until there is one. `now`: seconds of a clock that never goes back."""
        each = rate.seconds / rate.requests
        full_at = max(self._full_at.get(key, now), now) + each
        wait_s = full_at - now - rate.seconds
        if wait_s > CLOCK_GRAIN_S:
            return wait_s
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._keys_max:
            self._full_at.popitem(last=False)
        return 0.0
