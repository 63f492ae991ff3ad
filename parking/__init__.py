"""What happens in car parks, from the gate event to the price."""
