"""The page: a feed of executable papers, an explorer for each, records, an Atom feed, a digest by mail, and a JSON API."""
