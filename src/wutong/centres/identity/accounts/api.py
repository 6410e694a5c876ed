"""What other modules may ask of accounts."""

from wutong.centres.identity.accounts.models import Account
from wutong.kernel.people.models import Person

__all__ = ["any_demo", "demo_people", "open_account", "other_than_demo"]


def open_account(person: Person, *, username: str, password: str, demo: bool = False) -> Account:
    """Makes the account, or gives the existing one of that name a new password."""
    account = Account.objects.filter(username=username).first() or Account(username=username)
    account.person, account.demo = person, demo
    account.set_password(password)
    account.save()
    return account


def other_than_demo() -> bool:
    """Whether anybody real can sign in here."""
    return Account.objects.filter(demo=False).exists()


def any_demo() -> bool:
    return Account.objects.filter(demo=True).exists()


def demo_people() -> dict[str, int]:
    """Login of each demo account to its person."""
    return dict(Account.objects.filter(demo=True).values_list("username", "person_id"))
