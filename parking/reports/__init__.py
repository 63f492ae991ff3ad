"""Reports about what happens in lots, of the same form as those of the books (payments/reports/)."""
