"""What a draft of a tariff would have changed: past stays priced anew, compared, and told as a page and as a table."""
