from django.urls import path

from wutong.centres.identity.accounts.pages import activation, badges, cards, outbox, sessions, sign_in

app_name = "accounts"
urlpatterns = [
    path("activate/", activation.start, name="activate"),
    path("activate/code/", activation.code, name="code"),
    path("activate/finish/", activation.finish, name="finish"),
    path("activate/<slug:purpose>/", activation.claim, name="claim"),
    path("cards/", cards.index, name="cards"),
    path("cards/<int:pk>/", cards.place, name="cards_of"),
    path("badge/", badges.sign_in, name="badge"),
    path("badges/<int:pk>/", badges.of_class, name="badges_of"),
    path("wait/", sign_in.wait, name="wait"),
    path("sessions/", sessions.own, name="sessions"),
    path("people/<int:pk>/", sessions.of_person, name="person"),
    path("outbox/", outbox.index, name="outbox"),
]
