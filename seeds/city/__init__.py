"""What is registered before the first car comes: operators, tariffs, lots with lanes and gateways, drivers."""
