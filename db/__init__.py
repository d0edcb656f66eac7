"""PostgreSQL: tables by subject, tenancy, migrations, and the queries that several layers share."""
