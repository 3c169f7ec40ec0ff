"""The commits of a plan, made anew from its patches: what was verified, byte for byte, or nothing."""

from __future__ import annotations

from . import gitcommits
from .errors import PrError
from .git import Git
from .gitcommits import Stamp
from .plan import Plan, Shard


def replay(git: Git, plan: Plan, shard: Shard, *, sign: bool = False) -> str:
    """The head of a shard's commits. Signed or not, it has the digest that the plan names.

    Raises PrError where a patch does not lead to its tree, the plan does not fit itself, or signing fails.
    """
    parent = plan.base_sha
    stamp = Stamp(plan.stamp.name, plan.stamp.email, plan.stamp.date)
    for one in shard.commits:
        tree = gitcommits.tree_patched(git, parent, one.patch)
        if tree != one.tree:
            raise PrError(f"the patch for {shard.branch} does not make what was verified", hint=_AGAIN)
        parent = gitcommits.commit(git, tree, parent, one.message, stamp, sign=sign)
    found = gitcommits.own(git, parent)
    if found is None or found.digest != shard.digest or found.base != plan.base_sha:
        raise PrError(f"the plan for {shard.branch} does not fit itself", hint=_AGAIN)
    return parent


_AGAIN = "make the plan again"
