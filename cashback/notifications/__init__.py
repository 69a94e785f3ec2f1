"""The shopper's inbox: what the product has to tell them, each thing once, with the words in their language."""
