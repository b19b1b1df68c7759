#!/usr/bin/env bash
# Start Orthanc in the container. Its administrator's password comes from the environment or is made here, once.
set -euo pipefail
umask 077
users=/var/lib/orthanc/db/users.json
if [ ! -e "$users" ]; then
    password=${ORTHANC_PASSWORD:-$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')}
    ORTHANC_PASSWORD=$password /usr/bin/python3 - "$users" <<'PY'
import json, os, sys
with open(sys.argv[1], "w") as file:
    json.dump({"RegisteredUsers": {"admin": os.environ["ORTHANC_PASSWORD"]}}, file)
PY
    [ -n "${ORTHANC_PASSWORD:-}" ] || echo "Orthanc user admin, password $password (kept in $users)"
fi
configuration=/tmp/orthanc-configuration
mkdir -p "$configuration"
ln -sf /etc/orthanc/orthanc.json "$configuration/orthanc.json"
ln -sf "$users" "$configuration/users.json"
# Orthanc has it from the file; in the environment every process that it starts would have it too.
unset ORTHANC_PASSWORD
# Without it, dcmtk inside Orthanc takes 40 ms for every instance received.
export TCP_NODELAY=1
exec /usr/sbin/Orthanc "$configuration"
