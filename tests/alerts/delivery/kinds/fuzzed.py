"""Messages made at random, the same for the same seed: whatever people, programs and attackers put into labels and annotations."""

from random import Random

from alerts.delivery.messages import AlertView, Message

WORDS = ["disk", "checkout", "503", "über", "磁盘", "диск", "ディスク", "a" * 70]
EMOJI = ["🔥", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇦🇹🇩🇪", "👍🏽", "é", "Z̸̢̛̖̼͍", "한국", "\U000e0067\U000e0062"]
RIGHT_TO_LEFT = ["مرحبا بالعالم", "שלום עולם", "\u202eexe.gnp", "\u2067abc\u2069", "\u200f\u200e"]
BROKEN = [
    "\x00",
    "\x07\x1b[31m",
    "\x7f\x85",
    "\ud83d",
    "\udd25",
    "\ud83d\udd25",
    "\ufeff",
    "\u2028",
    "\r\n",
    "\r",
    "\t",
    "\ufffe",
]
MARKUP = [
    "<!channel>",
    "<@U024BE7LH|ada>",
    "@everyone @here",
    "**bold** __it__ ~~x~~ ||spoiler||",
    "[click](javascript:alert(1))",
    "<script>alert('x')</script>",
    "&amp;&lt;&#x41;",
    "# heading\n> quote\n- item\n1. one",
    "```\ncode\n```",
    "{{ template }} {% broken",
    "\\*\\_\\",
    "'; DROP TABLE alerts;--",
    "\nBcc: mallory@example.org\n\nbody",
    "\n.\n",
    "http://example.org/?a=b&c=<d>",
]
SPACES = ["", " ", "\n\n\n", "\t \n"]
KINDS = ["firing", "firing", "firing", "resolved", "update", "acknowledged", "notice", "test"]
SEVERITIES = ["critical", "error", "warning", "notice", "info", "nonsense"]
URLS = [
    "https://portal.example/incidents/42",
    "",
    "javascript:alert(1)",
    "https://x.example/" + "p" * 3_000,
    "http://a b",
    "no url",
]
MEGABYTE = 1_000_000


def fuzzed(seed: int) -> Message:
    """A message; one in forty is huge."""
    random = Random(seed)
    huge = seed % 40 == 7
    count = random.choice([1, 2, 30, 200]) if huge else random.choice([0, 1, 1, 2, 3, 4, 7])
    alerts = tuple(alert(random, huge=huge and n == 0) for n in range(count))
    shared = dict(list(alerts[0].labels.items())[: random.randint(0, 2)]) if alerts else {}
    return Message(
        kind=random.choice(KINDS),
        title=text(random, random.choice([0, 1, 3, 8, 200])),
        text=text(random, random.choice([0, 0, 2, 20, 400])),
        severity=random.choice(SEVERITIES),
        subject=f"incident:{seed}",
        thread=f"incident:{seed}/e0",
        number=random.choice([None, seed]),
        url=random.choice(URLS),
        runbook_url=random.choice(URLS),
        answerable=random.random() < 0.7,
        alerts=alerts,
        truncated_alerts=random.choice([0, 0, 0, 12]),
        receiver="shop",
        group_key=text(random, 3),
        group_labels=shared,
        common_labels=shared,
        facts=pairs(random, random.choice([0, 1, 3, 30])),
    )


def alert(random: Random, *, huge: bool) -> AlertView:
    labels = pairs(random, random.choice([0, 1, 5, 3_000 if huge else 6]))
    annotations = pairs(random, random.choice([0, 1, 2]))
    if huge:
        piece = text(random, 40) or "x"
        annotations["log"] = (piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE]
    return AlertView(
        random.choice(["firing", "resolved"]),
        {"alertname": text(random, 2) or "Alert", **labels},
        annotations,
        starts_at="2026-11-24T17:58:00.000Z",
        ends_at=random.choice(["", "2026-11-24T18:58:00.000Z"]),
        generator_url=random.choice(URLS),
        fingerprint=f"{random.getrandbits(64):016x}",
    )


def pairs(random: Random, count: int) -> dict[str, str]:
    return {text(random, 1) + f"l{n}": text(random, random.choice([0, 1, 2, 6])) for n in range(count)}


def text(random: Random, words: int) -> str:
    return "".join(
        random.choice(random.choice([WORDS, WORDS, EMOJI, RIGHT_TO_LEFT, BROKEN, MARKUP, SPACES]))
        + random.choice(["", " ", "\n"])
        for _ in range(words)
    )
