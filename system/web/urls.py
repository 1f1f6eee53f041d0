"""Routes of the web API that belong to the site itself."""

from django.urls import path

from system.web import site, tokens, users

urlpatterns = [
    path("user/register", users.Register.as_view()),
    path("user/login", users.Login.as_view()),
    path("system/new_token", tokens.NewToken.as_view()),
    path("system/token_list", tokens.Tokens.as_view()),
    path("system/token/<str:token>", tokens.Token.as_view()),
    path("system/version", site.Version.as_view()),
    path("system/config", site.Config.as_view()),
    path("system/ping", site.Ping.as_view()),
    path("system/healthz", site.Healthz.as_view()),
    path("system/status", site.Status.as_view()),
]
