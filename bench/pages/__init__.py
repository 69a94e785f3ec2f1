"""The part `pages`: how long the server works on each page of the shopper's app, the console and the portal."""
