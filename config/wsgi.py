"""The door for gunicorn or any other WSGI server."""

from django.core.wsgi import get_wsgi_application

from config.celery import app as celery_app

# Views that publish find this app as Celery's current one, in every thread.
celery_app.set_default()

application = get_wsgi_application()
