"""What a draft of a tariff would have changed: past stays priced anew, compared, and reported as a page and as CSV."""
