"""DNS records as people write them, so that an answer can be compared with what is expected. Pure."""

import shlex

RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "TXT", "NS", "SRV", "CAA", "SOA")
SHOWN_RECORDS = 5


def normalised(record: str, record_type: str) -> str:
    """One record in its plain form: words separated by one blank, names in lower case without the last dot, texts
    without quotes."""
    if record_type == "TXT":
        return "".join(_quoted_words(record)) if record.startswith('"') else record
    words = " ".join(_quoted_words(record) if '"' in record else record.split())
    return " ".join(word.rstrip(".") or "." for word in words.lower().split())


def listed(records: list[str]) -> str:
    """Records in a sentence, the first few of them."""
    rest = len(records) - SHOWN_RECORDS
    return ", ".join(records[:SHOWN_RECORDS]) + (f" and {rest} more" if rest > 0 else "")


def mismatch(found: list[str], expected: list[str], match: str) -> str:
    """What is wrong with the records found, in words; empty when they are as expected. `match` is exact or contains."""
    missing = [record for record in expected if record not in found]
    surplus = [record for record in found if record not in expected] if match == "exact" else []
    words = [f"missing {listed(missing)}"] if missing else []
    words += [f"unexpected {listed(surplus)}"] if surplus else []
    return "; ".join(words)


def _quoted_words(record: str) -> list[str]:
    try:
        return shlex.split(record, posix=True)
    except ValueError:
        return record.split()
