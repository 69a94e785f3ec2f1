"""The shopper's app: wallet, cash-out, offers, score, payments in instalments, inbox, and what is one's own."""
