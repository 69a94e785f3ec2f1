"""Documents on A4 that can be archived: fonts, margins, colours and the PDF/A envelope that all of them share."""
