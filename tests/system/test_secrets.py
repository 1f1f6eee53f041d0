import pickle

import pytest
from cryptography.fernet import Fernet

from system.errors import Misconfigured
from system.secrets import Secret, mask, reseal, seal, unseal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def keys(settings):
    settings.RAG_FIELD_KEYS = [OLD]
    return settings


@pytest.mark.parametrize("text", ["", "sk-123", "ключ 🔑", "x" * 10_000], ids=["empty", "key", "unicode", "long"])
def test_what_is_sealed_opens_again(text):
    sealed = seal(text)

    assert unseal(sealed) == text
    assert not text or text not in sealed


def test_sealing_twice_gives_different_texts():
    assert seal("same") != seal("same")


def test_a_former_key_still_opens(keys):
    sealed = seal("value")
    keys.RAG_FIELD_KEYS = [NEW, OLD]

    assert unseal(sealed) == "value"


def test_resealing_moves_a_secret_to_the_first_key(keys):
    sealed = seal("value")
    keys.RAG_FIELD_KEYS = [NEW, OLD]

    moved = reseal(sealed)

    keys.RAG_FIELD_KEYS = [NEW]
    assert unseal(moved) == "value"
    with pytest.raises(Misconfigured):
        unseal(sealed)
    with pytest.raises(Misconfigured):
        reseal(sealed)


@pytest.mark.parametrize("broken", ["", "x", "gAAAAA==", "é"], ids=["empty", "short", "head only", "not ascii"])
def test_what_was_not_sealed_does_not_open(broken):
    with pytest.raises(Misconfigured, match="cannot be opened"):
        unseal(broken)


def test_a_changed_byte_is_noticed():
    sealed = seal("value")

    with pytest.raises(Misconfigured):
        unseal(sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:])


@pytest.mark.parametrize("wrong", [[], ["short"], [""], ["é"]], ids=["none", "short", "empty", "not ascii"])
def test_wrong_keys_are_named_with_the_cure_and_unshown(keys, wrong):
    keys.RAG_FIELD_KEYS = wrong

    with pytest.raises(Misconfigured, match=r"RAGSITE_FIELD_KEYS.*Generate one"):
        seal("value")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("short", "••••"), ("fifteen-letters", "••••"), ("ragsite-0123456789", "••••6789")],
)
def test_a_mask_shows_the_end_of_long_secrets_only(text, shown):
    assert mask(text) == shown


def test_a_secret_is_its_value_but_does_not_show_it():
    secret = Secret("sk-123")

    assert secret == "sk-123"
    assert f"Bearer {secret}" == "Bearer sk-123"
    assert "sk-123" not in repr(secret) + repr([secret]) + repr({"key": secret}) + f"{secret!r}"
    assert pickle.loads(pickle.dumps(secret)) == "sk-123"


def test_an_opened_secret_does_not_show_itself():
    assert "value" not in repr(unseal(seal("value")))
