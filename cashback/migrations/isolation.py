"""What every migration that makes a table does with it: row-level security, and the rights of the app role."""

from alembic import op

APP_ROLE = "cashback_app"


def isolate(table: str, tenant_column: str = "operator_id", *, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Force row-level security on a table: a transaction sees and writes the rows of the operator it has named."""
    mine = f"{tenant_column} = NULLIF(current_setting('app.tenant', true), '')::uuid"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({mine}) WITH CHECK ({mine})")
    op.execute(f"GRANT {rights} ON {table} TO {APP_ROLE}")


def refuse_changes(table: str) -> None:
    """Make a table append-only for everybody, the owner included."""
    op.execute(
        f"""CREATE FUNCTION refuse_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{table} is append-only: write a row that corrects, never change one';
        END $$"""
    )
    op.execute(
        f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_{table}()"""
    )
