"""The product: everything that has state. Shoppers, cards, purchases, offers, rewards, the ledger and the surfaces."""
