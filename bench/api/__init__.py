"""The part `api`: what the API answers in a second with millions of purchases stored, beside a bare route."""
