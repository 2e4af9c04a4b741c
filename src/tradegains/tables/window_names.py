"""Names of windows that no study states."""


def difference_window(post: str, pre: str) -> str:
    """The name under which the later window less the earlier one is published.

    Example:
        >>> difference_window("post", "pre")
        'post-pre'
    """
    return f"{post}-{pre}"
