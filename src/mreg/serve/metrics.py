"""What /metrics tells beside what KServe's own server tells of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from mreg.serve.follow import Follower
from mreg.serve.shadow import Shadow

REQUESTS = Counter(
    "mreg_serve_requests",
    "Requests for predictions, by version, protocol and status.",
    ("version", "protocol", "status"),
)
SECONDS = Histogram(
    "mreg_serve_request_seconds",
    "Duration of prediction requests, from the body to the answer.",
    ("protocol",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

_LABELS = ("role", "selector", "version", "tag", "commit", "digest")


class FollowCollector:
    """Tells how followers stand, when it is asked."""

    def __init__(self, followers: Mapping[str, Follower], shadow: Shadow | None) -> None:
        self._followers = followers
        self._shadow = shadow

    def collect(self) -> Iterable[Any]:
        """Return the metrics."""
        served = GaugeMetricFamily(
            "mreg_serve_served_version", "The version that is served: 1.", labels=_LABELS
        )
        wanted = GaugeMetricFamily(
            "mreg_serve_wanted_version",
            "The version that the registry requires: 1.",
            labels=_LABELS,
        )
        follows = ("role", "selector")
        failing = GaugeMetricFamily(
            "mreg_serve_failing_since_seconds",
            "The time since which the required version cannot be served, in seconds since "
            "1970; 0: it is served.",
            labels=follows,
        )
        asked = GaugeMetricFamily(
            "mreg_serve_asked_seconds",
            "The time of the registry's last answer, in seconds since 1970; 0: never.",
            labels=follows,
        )
        swaps = CounterMetricFamily(
            "mreg_serve_swaps", "How often the served version was replaced.", labels=follows
        )
        for role, follower in self._followers.items():
            it = follower.status
            both = (role, it.selector)
            if it.served:
                known = it.served.wanted
                labels = (*both, known.named, known.tag, known.commit, it.served.digest)
                served.add_metric(labels, 1)
            if it.wanted:
                labels = (*both, it.wanted.named, it.wanted.tag, it.wanted.commit, "")
                wanted.add_metric(labels, 1)
            failing.add_metric(both, it.failing_since or 0)
            asked.add_metric(both, it.asked or 0)
            swaps.add_metric(both, it.swaps)
        yield from (served, wanted, failing, asked, swaps)
        if self._shadow:
            yield self._compared(self._shadow)

    @staticmethod
    def _compared(shadow: Shadow) -> Any:
        found = CounterMetricFamily(
            "mreg_serve_shadow_requests",
            "Requests that were also sent to the shadow, by result.",
            labels=("outcome",),
        )
        for outcome, count in shadow.counts.items():
            found.add_metric((outcome,), count)
        return found
