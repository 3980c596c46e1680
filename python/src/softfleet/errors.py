# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as far as a caller would treat it differently."""


class SoftfleetError(Exception):
    """Base of every error of this package."""


class InvalidPolicyError(SoftfleetError, ValueError):
    """A policy that one cannot act with; names the file, key or layer."""


class InvalidStepError(SoftfleetError, ValueError):
    """An observation, action or reward that no row may hold, or a call in the
    wrong order. Nothing of it was recorded."""


class RefusedError(SoftfleetError):
    """The learner or its shard does not take this actor, and waiting will not
    change that; says why and what to do."""


class RunEndedError(SoftfleetError):
    """The run has reached its end: there is nothing left to act for."""


class RunFailedError(SoftfleetError):
    """The run's learner has given up; its log says why."""
