"""Curation: a manager's verdicts on pairs.

A *pin* puts a partner first, even if the engine missed it; a *veto* removes it before the cut, and members never learn
of it; a *proposal* suggests a pair to the member with a reason. Every verdict has a reason and stays on record;
withdrawing one is a new fact.
"""
