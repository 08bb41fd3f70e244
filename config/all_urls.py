"""The URLs of all app sets: the API's schema tells of them whichever process is asked."""

from config.app_sets import APP_SETS, urls_of

urlpatterns = [pattern for app_set in APP_SETS for pattern in urls_of(app_set)]
