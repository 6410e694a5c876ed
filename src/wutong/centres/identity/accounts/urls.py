from allauth.account import views
from django.urls import include, path

from wutong.centres.identity.accounts.pages import security, sign_in

# The library finds its own pages by these names, which stand outside a namespace.
urlpatterns = [
    path("accounts/login/", sign_in.sign_in, name="account_login"),
    path("accounts/logout/", views.logout, name="account_logout"),
    path("accounts/reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("accounts/inactive/", views.account_inactive, name="account_inactive"),
    path("accounts/password/change/", views.password_change, name="account_change_password"),
    path("accounts/security/recovery-codes/", security.recovery_codes, name="mfa_view_recovery_codes"),
    path("accounts/security/recovery-codes/download/", security.recovery_codes),
    path("accounts/security/", include("allauth.mfa.urls")),
    path("accounts/", include("wutong.centres.identity.accounts.pages.urls")),
]
