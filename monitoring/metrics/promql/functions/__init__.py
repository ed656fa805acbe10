"""Every function of PromQL over arrays: a window or a sample is never visited alone, except where rounding makes it necessary."""
