"""The bank's word beside ours: statements kept as they were told, matched with payouts and invoices, to the cent.

Owns: the files of banks and Stripe that were imported, the movements they tell, and what explains a difference. Never
moves money or a payout's state, and keeps no name and no account number of anybody.
"""
