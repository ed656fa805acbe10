"""The ground of the API: what every door under `/api/v1/` shares. Named in settings.REST_FRAMEWORK."""
