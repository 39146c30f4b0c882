# One image for web, worker and dispatcher; compose.yaml says which runs what.
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    RACKLINE_VAR=/var/lib/rackline \
    NUMBA_CACHE_DIR=/var/lib/rackline/kernels \
    LOG_JSON=1

WORKDIR /srv/rackline
RUN useradd --system --create-home --home-dir /var/lib/rackline rackline

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY manage.py ./
COPY config config
COPY journal journal
COPY locale locale
COPY factory factory
COPY suppliers suppliers
COPY scheduling scheduling
COPY static static
COPY templates templates

USER rackline
# Collecting needs settings, but none of the values; they are not kept.
RUN SECRET_KEY=only-for-collecting-static-files-while-the-image-is-built \
    DATABASE_URL=postgres://nobody@localhost/nothing REDIS_URL=redis://localhost/0 \
    ALLOWED_HOSTS=localhost PUBLIC_URL=https://localhost/ \
    python manage.py collectstatic --noinput

EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", \
     "--threads", "4", "--timeout", "60", "--no-control-socket"]
