"""What is remembered of an identifier: whose it is, since when, how sure, and why. Pure: no SQL, no clock.

What is believed is a fold of lessons (`learning`): sightings that evidence has judged, and answers that persons gave.
`deciding` uses it; `drift` finds identifiers that fell silent. Never decides by a shared identifier alone.
"""
