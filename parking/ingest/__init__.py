"""How events come in, whatever brings them: received, judged one by one, and recorded together."""
