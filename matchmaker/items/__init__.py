"""Items: what competences, needs, test fields and evidence have in common.

Each is a text in one language that an organisation stands behind, with a visibility (private by default) and a state:
draft → published → expired or withdrawn. Only a published, unexpired item is *live*: readable by others within its
visibility. Drafts never leave their organisation. The words of the forms (stages, cooperation types, rungs …) live
here too, because several slices speak them.
"""
