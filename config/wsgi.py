"""The door for gunicorn or any other WSGI server."""

import gc

from django.core.wsgi import get_wsgi_application

from config.celery import app as celery_app

# Views that publish find this app as Celery's current one, in every thread.
celery_app.set_default()

application = get_wsgi_application()

# What a process keeps for life is not walked again by each round of garbage collection.
gc.freeze()
