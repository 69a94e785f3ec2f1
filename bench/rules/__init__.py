"""The part `rules`: what it costs to judge a purchase by thousands of offers, beside other engines and as offers grow."""
