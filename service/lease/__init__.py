"""One service works with a ledger at a time: who that is, and that it still is, stands in the ledger."""
