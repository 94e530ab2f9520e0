"""Drafting: competences and needs proposed from what somebody has already: records of works, a CV, a product's page.

Material: a file of records, numbers of publications, a text. Proposal: what could become a draft, with the records
that back it. Nothing of the material is kept; what somebody confirms becomes drafts of the own organisation, which they
read, correct and publish like any other.
"""
