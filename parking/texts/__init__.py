"""Amounts, lengths of time, times and vehicles as people read them, in Chinese and English."""
