"""What a board says of each part of a document: a change of the small car park, and the sentence in both languages."""

from tests.parking.tariffs.expected_notices import concessions, limits, rates

SENTENCES = [*rates.SENTENCES, *concessions.SENTENCES, *limits.SENTENCES]
