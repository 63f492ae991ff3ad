"""A day of vehicles: who parks where, what the cameras read, and the gateways that send it."""
