"""The directory: one search over organisations, competences, needs and test fields, by words and by meaning."""
