"""What the comparison leaves out, and why. Everything else that 2.42 answers or refuses must be the same. Pure."""

import re

from benchmarks.compat.answers import Question

NEWER = "newer than 2.42"
PARENTHESES = "fault of 2.42: refuses what is constant in parentheses (prometheus issue 16880)"

OUTSIDE = {
    r"\bhistogram_(count|sum|fraction|avg|stddev|stdvar)\s*\(": "native histograms",
    r"\b(limitk|limit_ratio|sort_by_label|sort_by_label_desc|mad_over_time)\b\s*[({bw]": NEWER,
    r"\b(double_exponential_smoothing|info|histogram_quantiles|(first|ts_of_\w+)_over_time)\s*\(": NEWER,
    r"""^\s*\(+\s*(["'][^"']*["']|[^()]*\[[^()]*\][^()]*@[^()]*(\(\))?)\s*\)+\s*$""": PARENTHESES,
    r"\b(ln|log10)\(.*'subnormal'": "fault of Go on amd64: logarithms of subnormal numbers",
}
"""Pattern of an expression → why it is outside the declared scope."""

STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
QUOTED_NAME = re.compile(r"\{(?:[^{}]*,)?\s*\0")  # once every string is a NUL

OUTSIDE_IN_A_RANGE = {
    r"predict_linear\([^)]*@": "fault of 2.42: moves a window that @ fixes (prometheus issue 11708)",
}


def reason_outside(question: Question) -> str:
    """Why a question is outside; empty when it is inside."""
    patterns = OUTSIDE | OUTSIDE_IN_A_RANGE if question.step_ms else OUTSIDE
    if QUOTED_NAME.search(STRING.sub("\0", question.text)):
        return NEWER
    return next((why for pattern, why in patterns.items() if re.search(pattern, question.text)), "")
