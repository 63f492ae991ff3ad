"""From what is owed to money at the operator. Knows nothing of parking: a lot is only a shard here."""
