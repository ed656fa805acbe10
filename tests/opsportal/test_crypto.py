import pytest
from pytest_django import Settings

from opsportal.crypto import SealBrokenError, seal, unseal

OLD, NEW = "an old secret key of some length", "a new secret key of some length"


def test_what_is_sealed_can_be_opened() -> None:
    assert unseal(seal({"password": "hunter22"})) == {"password": "hunter22"}


def test_the_seal_hides_what_is_in_it_and_differs_each_time() -> None:
    first, second = seal({"password": "hunter22"}), seal({"password": "hunter22"})
    assert "hunter22" not in first
    assert first != second


def test_nothing_seals_to_nothing() -> None:
    assert seal({}) == ""
    assert unseal("") == {}


def test_a_former_key_still_opens_what_it_sealed(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    sealed = seal({"password": "hunter22"})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert unseal(sealed) == {"password": "hunter22"}


def test_an_unknown_key_is_said_in_words_that_help(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    sealed = seal({"password": "hunter22"})
    settings.SECRET_KEY = NEW
    with pytest.raises(SealBrokenError, match="Enter the secret again"):
        unseal(sealed)


def test_a_changed_seal_is_not_opened() -> None:
    sealed = seal({"password": "hunter22"})
    with pytest.raises(SealBrokenError):
        unseal(sealed[:-4] + "AAA=")
