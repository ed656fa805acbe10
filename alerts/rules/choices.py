"""The words of this room."""

from django.db import models


class Category(models.TextChoices):
    SYSTEM_HEALTH = "system_health", "System health"
    PERFORMANCE = "performance", "Performance"
    SECURITY = "security", "Security"
    BACKUP = "backup", "Backup"
    USER_MANAGEMENT = "user_management", "User management"
    COMPLIANCE = "compliance", "Compliance"


class RuleKind(models.TextChoices):
    METRIC = "metric", "Metric (PromQL)"
    EVENT = "event", "Events"
    ABSENCE = "absence", "No data"
    CHECK_STATUS = "check_status", "Status of checks"
    BURN_RATE = "burn_rate", "Burn rate of an error budget"


class Comparator(models.TextChoices):
    ABOVE = "gt", "above"
    AT_LEAST = "ge", "at least"
    BELOW = "lt", "below"
    AT_MOST = "le", "at most"
    EQUAL = "eq", "equal to"
    NOT_EQUAL = "ne", "different from"
    PRESENT = "present", "whatever it returns"  # as a Prometheus alerting rule: each series returned is a problem


class Phase(models.TextChoices):
    """The state of one rule and label set."""

    INACTIVE = "inactive", "Inactive"
    PENDING = "pending", "Pending"
    FIRING = "firing", "Firing"
    RECOVERING = "recovering", "Recovering"
    RESOLVED = "resolved", "Resolved"


class Trouble(models.TextChoices):
    """Why a label set is a problem although its condition was not seen to be true."""

    NO_DATA = "no_data", "No data"  # its series was there and is not any more
    EMPTY = "empty", "Nothing at all"  # the query returns nothing
    ERROR = "error", "Error"  # the query cannot be answered


class OnTrouble(models.TextChoices):
    """What no data, or an error of the query, means."""

    ALERT = "alert", "Alert"
    KEEP = "keep", "Keep the last state"
    OK = "ok", "Count as no problem"
