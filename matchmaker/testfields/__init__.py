"""Test fields: places for trials under real conditions, each with a host, a readiness rung and access steps.

Every test field names one accountable contact and promises an answer within so many days.
"""
