from django.urls import include, path

from wutong.platforms.governance.enrolment.views import (
    board,
    checking,
    deeds,
    draws,
    family,
    papers,
    placing,
    preparing,
    public,
    results,
)

app_name = "enrolment"

FAMILY = [
    path("", family.home, name="home"),
    path("child/", family.add_child, name="add_child"),
    path("child/<int:child>/<int:window>/", family.begin, name="begin"),
    path("a/<slug:number>/", family.application, name="application"),
    path("a/<slug:number>/form/<slug:name>/", family.part, name="part"),
    path("a/<slug:number>/paper/<slug:kind>/", papers.paper, name="paper"),
    path("a/<slug:number>/paper/<slug:kind>/picture", papers.picture, name="picture"),
    path("a/<slug:number>/slip/", results.slip, name="slip"),
    path("a/<slug:number>/choose", deeds.choose, name="choose"),
    path("a/<slug:number>/deferral", deeds.deferral, name="deferral"),
    path("a/<slug:number>/special", deeds.special, name="special"),
    path("a/<slug:number>/twins", deeds.twins, name="twins"),
    path("a/<slug:number>/book", deeds.book, name="book"),
    path("a/<slug:number>/supplement", deeds.supplement, name="supplement"),
    path("a/<slug:number>/give-up", deeds.give_up, name="give_up"),
]
OFFICE = [
    path("board/", board.board, name="board"),
    path("prepare/", preparing.prepare, name="prepare"),
    path("w/<int:pk>/", board.window, name="window"),
    path("w/<int:pk>/rules/", preparing.rules, name="rules"),
    path("w/<int:pk>/catchments/", preparing.catchments, name="catchments"),
    path("w/<int:pk>/publish/", preparing.publish, name="publish"),
    path("w/<int:pk>/applications/", checking.applications, name="applications"),
    path("w/<int:pk>/check/", checking.check_all, name="check_all"),
    path("w/<int:pk>/draws/", draws.freeze, name="draws"),
    path("w/<int:pk>/place/", placing.place, name="place"),
    path("w/<int:pk>/tell/", placing.tell, name="tell"),
    path("w/<int:pk>/without-seat/", placing.without_seat, name="without_seat"),
    path("w/<int:pk>/close/", placing.close, name="close"),
    path("runs/<int:pk>/", placing.run, name="run"),
    path("draws/<int:pk>/", draws.draw, name="draw"),
    path("draws/<int:pk>/turn/", draws.turn, name="turn"),
    path("draws/<int:pk>/sign/", draws.sign, name="sign"),
    path("draws/<int:pk>/publish/", draws.publish, name="publish_draw"),
    path("draws/<int:pk>/fill/", draws.fill, name="fill"),
    path("desk/<slug:number>/", checking.desk, name="desk"),
    path("desk/<slug:number>/document/<slug:kind>/", checking.judge, name="judge"),
    path("desk/<slug:number>/document/<slug:kind>/look", papers.look, name="look"),
    path("desk/<slug:number>/<slug:name>/", checking.deed, name="deed"),
    path("school/", placing.school, name="school"),
    path("school/<slug:number>/", placing.arrive, name="arrive"),
]
PUBLIC = [
    path("r/<slug:number>/<slug:code>/", results.result, name="result"),
    path("public/<int:pk>/", public.window, name="public"),
    path("public/draws/<int:pk>/", public.draw, name="public_draw"),
    path("public/verifier/<str:name>", public.verifier, name="verifier"),
    path("public/draws/<int:pk>/<str:name>", public.file, name="draw_file"),
]
urlpatterns = [path("enrolment/", include([*FAMILY, *OFFICE, *PUBLIC]))]
