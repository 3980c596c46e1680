# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator

import pytest
from tests.support.learners import ServedLearner
from tests.support.policies import POLICY
from tests.support.shards import ServedShard


@pytest.fixture
def shard() -> Iterator[ServedShard]:
    with ServedShard() as served:
        yield served


@pytest.fixture
def learner(shard: ServedShard) -> Iterator[ServedLearner]:
    """Sends actors to `shard`; cuts no blocks by time."""
    with ServedLearner(POLICY, shard.address) as served:
        served.reply.config.actor.block_seconds = 3600
        yield served
