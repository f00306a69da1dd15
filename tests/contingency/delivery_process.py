"""A mail worker in a process of its own: argv is Redis, database, SMTP URL, templates, and for how
many seconds its leases live.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from contingency_world import World
from dramatiq.brokers.redis import RedisBroker

from idp.adapters.queue.broker import declare, make_broker
from idp.adapters.queue.worker import run_worker
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.smtp.relay import SmtpRelay
from idp.adapters.sql.database import Database
from idp.contingency.service import DELIVER
from idp.jobs.registry import Jobs, RetryPolicy


def build(
    redis_url: str, database_url: str, smtp_url: str, templates: Path, lease: float
) -> RedisBroker:
    relay = SmtpRelay(smtp_url, sender="VUCE <no-responder@example.com>", timeout=30)
    gateway, database = RedisGateway(redis_url), Database(database_url)
    world = World(gateway, database, templates, relay=relay, lease=lease)
    jobs = Jobs()
    retry = RetryPolicy(first=0.2, longest=0.5)
    jobs.register(DELIVER, world.delivery, retry, given_up=world.delivery.given_up)
    broker = make_broker(redis_url)
    declare(broker, jobs)
    return broker


if __name__ == "__main__":
    redis_url, database_url, smtp_url, templates, lease = sys.argv[1:]
    run_worker(
        lambda: build(redis_url, database_url, smtp_url, Path(templates), float(lease)),
        threads=2,
        stop=threading.Event(),
    )
