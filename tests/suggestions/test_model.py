"""A model that must not be trusted or is not there leaves a product that searches by words and says why."""

from __future__ import annotations

import pytest

from embeddings import Encoder, ModelRefused, ModelUnavailable
from matchmaker.suggestions.catalogue import Catalogue, ModelState


@pytest.mark.parametrize("refused", [ModelRefused("expected A, found B"), ModelUnavailable("expected C, found none")])
def test_a_refused_model_leaves_a_catalogue_that_goes_by_words_and_says_why(refused: Exception) -> None:
    def load() -> Encoder:
        raise refused

    catalogue = Catalogue(load)
    assert catalogue.encoder() is None
    assert catalogue.state is ModelState.FAILED
    assert catalogue.failure == str(refused)
    assert not catalogue.semantic
