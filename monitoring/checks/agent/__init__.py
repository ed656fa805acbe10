"""Machines that report of themselves: the pusher that runs on them (`push`, `buffer`), and where its reports are
stored."""
