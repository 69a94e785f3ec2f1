"""What goes wrong with the embedded server, said in one sentence: which folder, what was found, what was expected."""

from cashback.errors import ProductError


class EmbeddedPostgresError(ProductError):
    """The embedded server cannot be found, initialised, started, reached or stopped."""

    code = "embedded_postgres"
