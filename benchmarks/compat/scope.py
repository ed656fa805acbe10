"""What the comparison leaves out, and why. Everything else that 2.42 answers or refuses must be the same. Pure."""

import re

from benchmarks.compat.answers import Question

OUTSIDE = {
    r"\bhistogram_(count|sum|fraction|avg|stddev|stdvar)\(": "native histograms",
    r"\b(limitk|limit_ratio|sort_by_label|sort_by_label_desc|mad_over_time)\(": "newer than 2.42",
    r"\b(double_exponential_smoothing|info|(first|ts_of_\w+)_over_time)\(": "newer than 2.42",
    r"""\{\s*(["'])\w+\1\s*[,}=]""": "newer than 2.42",
    r"""^\(+["'].*["']\)+$""": "fault of 2.42: refuses a string in parentheses (prometheus issue 16880)",
    r"\b(ln|log10)\(.*'subnormal'": "fault of Go on amd64: logarithms of subnormal numbers",
}
"""Pattern of an expression → why it is outside the declared scope."""

OUTSIDE_IN_A_RANGE = {
    r"predict_linear\([^)]*@": "fault of 2.42: moves a window that @ fixes (prometheus issue 11708)",
}


def reason_outside(question: Question) -> str:
    """Why a question is outside; empty when it is inside."""
    patterns = OUTSIDE | OUTSIDE_IN_A_RANGE if question.step_ms else OUTSIDE
    return next((why for pattern, why in patterns.items() if re.search(pattern, question.text)), "")
