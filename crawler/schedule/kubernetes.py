"""Kubernetes' CronJob for a crawl, and the volume that the archive is on."""

from __future__ import annotations

import json
from datetime import timedelta

from crawler import __version__
from crawler.schedule.command import CrawlCommand
from crawler.schedule.database import PrintedDatabase
from crawler.schedule.plan import Plan

_ARCHIVE = "/archive"
_WAIT = "import random, time; time.sleep(random.uniform(0, {}))"


def cronjob(
    plan: Plan, jitter: timedelta, crawl: CrawlCommand, database: PrintedDatabase | None = None
) -> str:
    """A manifest in YAML; the archive is on a claim of its own, made with it.

    Nothing but the crawl's own options is taken over: paths of this machine mean nothing there.
    """
    arguments = ["crawl", "--archive", _ARCHIVE]
    words = iter(crawl.whole[1:])
    for word in words:
        if word in ("--archive", "--metrics-file", "--log-format"):
            next(words)
        else:
            arguments.append(word)
    if database is not None:
        arguments += ["--database", database.address]
    locks = "SQLite needs them" if database is None else "one writer at a time goes by them"
    image = f"msarchive:{__version__}"
    seconds = int(jitter.total_seconds())
    wait = "" if not seconds else _initial_wait(image, seconds)
    return f"""\
# Kubernetes knows success and failure only: it calls a Job with exit code 3 (some addresses failed; the next
# crawl tries them again), 4 (another run was at work) or 6 (a limit was reached) failed as well.
# Build the image from deploy/Containerfile, and push it to where the cluster pulls from.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: msarchive
spec:
  accessModes: [ReadWriteOnce]  # not a network file system without locks: {locks}
  resources:
    requests:
      storage: 20Gi
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: msarchive
spec:
  schedule: {json.dumps(plan.expression)}
  timeZone: {json.dumps(plan.zone)}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 43200
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 7
  jobTemplate:
    spec:
      backoffLimit: 0
      podFailurePolicy:
        rules:
          # A pod that has to leave its node is begun anew elsewhere, and goes on with the crawl.
          - action: Ignore
            onPodConditions:
              - type: DisruptionTarget
                status: "True"
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 60
          automountServiceAccountToken: false
          enableServiceLinks: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
{wait}          containers:
            - name: crawl
              image: {json.dumps(image)}
              args: {json.dumps(arguments, ensure_ascii=False)}
              env:
                - name: MSARCHIVE_LOG_FORMAT
                  value: json
{"" if database is None else _PASSWORD}              resources:
                requests: {{cpu: 100m, memory: 256Mi}}
                limits: {{memory: 1Gi}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              volumeMounts:
                - {{name: archive, mountPath: {_ARCHIVE}}}
                - {{name: tmp, mountPath: /tmp}}
          volumes:
            - name: archive
              persistentVolumeClaim:
                claimName: msarchive
            - name: tmp
              emptyDir: {{}}
"""


_PASSWORD = """\
                # kubectl create secret generic msarchive-database --from-literal=password=…
                - name: PGPASSWORD
                  valueFrom:
                    secretKeyRef: {name: msarchive-database, key: password, optional: true}
"""


def _initial_wait(image: str, seconds: int) -> str:
    command = json.dumps(["python", "-c", _WAIT.format(seconds)])
    return f"""\
          initContainers:
            - name: jitter
              image: {json.dumps(image)}
              command: {command}
              resources:
                requests: {{cpu: 10m, memory: 32Mi}}
                limits: {{memory: 64Mi}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
"""
