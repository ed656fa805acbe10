import re

from tests.test_structure import own_code, text_of

DECLARED = re.compile(r'(?:counter|gauge|histogram|Shown)\(\s*"(opsportal_\w+)"')
PAGE = "docs/prometheus-api.md"


def declared() -> set[str]:
    code = (text_of(path) for path in own_code() if not path.startswith(("tests/", "benchmarks/")))
    return {name for text in code for name in DECLARED.findall(text)} | {"opsportal_dependency_up"}


def test_every_measure_is_documented_and_every_documented_one_is_there() -> None:
    documented = set(re.findall(r"^\| `(opsportal_\w+)` \|", text_of(PAGE), re.MULTILINE))
    assert documented == declared()
