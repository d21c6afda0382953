#!/bin/sh
# Starts one host of a ring where machines come and go by name (compose, Kubernetes). What `rondo up` needs besides is in RONDO_ variables.
#
#   RONDO_HOSTS  the names of all hosts, this one's too, with spaces between; the first may make the ring
#   RONDO_SELF   this host's name among them
#
# A ring is made once: by the first host, and only while no other name resolves, which means that no other host is there. In every
# other case it is joined. A host that cannot reach the others ends instead of making a second ring, and is started again.
set -eu
port=7400
others=
present=no
for name in $RONDO_HOSTS; do
  [ "$name" = "$RONDO_SELF" ] && continue
  others="${others:+$others,}$name:$port"
  if getent hosts "$name" >/dev/null; then present=yes; fi
done
if [ "$RONDO_SELF" = "${RONDO_HOSTS%% *}" ] && [ "$present" = no ]; then
  set -- up "$@"
else
  set -- up --join "$others" "$@"
fi
exec rondo "$@" --listen "0.0.0.0:$port" --advertise "$RONDO_SELF:$port"
