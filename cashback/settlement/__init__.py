"""Who owes what for rewards: statements of funders, and the invoices and credit notes that they lead to."""
