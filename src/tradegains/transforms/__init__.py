"""DataFrame to DataFrame: no reads, writes, actions or session."""
