"""Read models: the one place that joins the tables of several folders, for reading. Never writes, never decides."""
