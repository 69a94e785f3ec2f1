"""The part `rules`: what judging a purchase by thousands of offers costs, beside other engines and as offers grow."""
