"""What was asked of the API in the last seven days: for the people who build on it, without anything of a person."""
