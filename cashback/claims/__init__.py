"""Purchases that shoppers claim themselves: kept, compared with what others tell, answered by people."""
