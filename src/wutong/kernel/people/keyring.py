"""The keyring of this house, read once from the data folder."""

from functools import lru_cache

from django.conf import settings

from wutong.kernel.people.secrets import Keyring, load_keyring


@lru_cache(maxsize=1)
def keyring() -> Keyring:
    return load_keyring(settings.DATA_DIR / "keys" / "people.key")
