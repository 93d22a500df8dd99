"""How long to wait before something that failed is tried again."""


def backoff(failures: int, first: float = 60.0) -> float:
    """Return the seconds to wait after so many earlier failures: the first, doubled up to a day.

    `first` is a minute or more.
    """
    return min(first * 2.0 ** min(failures, 11), 86_400.0)  # 11 exceed a day; more could overflow
