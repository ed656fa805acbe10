"""What the evaluation of rules measures of itself, under Prometheus's names where it has them."""

from opsportal.measures import counter, gauge, histogram

EVALUATIONS = counter("opsportal_rule_evaluations_total", "Evaluations of rules.")
FAILURES = counter("opsportal_rule_evaluation_failures_total", "Evaluations of rules that ended in an error.")
MISSED = counter("opsportal_rule_group_iterations_missed_total", "Rounds of rules that were due and not evaluated.")
LOST = counter("opsportal_rule_results_lost_total", "Evaluations thrown away because another one took their place.")
DURATION = histogram("opsportal_rule_evaluation_duration_seconds", "Time of a batch of rules, from claim to commit.")
LATENESS = histogram("opsportal_rule_lateness_seconds", "From when a batch of rules was due to its commit.")
ALERTS = gauge("opsportal_rule_alerts", "Alerts of rules by state.", ("state",), across="max")
HITS = counter("opsportal_rule_events_matched_total", "Events that an event rule counted.")
EVENTS = counter("opsportal_rule_events_read_total", "Events of the timeline that were held against the rules.")
