"""How long to wait before something that failed is tried again."""


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many earlier failures: a minute, doubled up to a day."""
    return min(60.0 * 2.0 ** min(failures, 11), 86_400.0)  # 11 exceed a day; more could overflow
