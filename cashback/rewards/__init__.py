"""What each purchase earned: target, what is posted, the grant it was given, and the reasons."""
