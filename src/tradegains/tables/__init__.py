"""Every column name, unit and schema, once."""
