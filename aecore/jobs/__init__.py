"""Jobs: trainings in worker processes, queued, or live and steered while they run.

A page, a route or the command line says::

    id = submit(Spec("beta-vae", "mnist", {"latent_dim": 2, "beta": 1}, kind="live"), token)
    jobs(); job(id)                              # Job: state, standing, message, bundle
    command(id, token, "beta", 50)               # set beta, lr, free_bits, annealing, annealing_epochs
    command(id, token, "pause")                  # pause, resume, step, slow, restart, save, stop
    answers(id, after=number)                    # what became of them; of a save, the bundle's id
    watched(id)                                  # now and then, or a live job stops by itself
    recording = frames(id)                       # Recording, read while it grows
    recording.manifest, recording.originals      # what is recorded: labels, probe examples, dials
    recording.latest(after=number)               # the newest frame, or None; .raw to be sent on as it is
    recording.frame(3), len(recording)           # to scrub
    remove(id, token)                            # job, recording and log; never its bundle

The functions may be called from any thread of any process; none waits for a training. Whatever is wrong
with what a user gave is a ``UserError``. Nothing here loads torch but ``submit``, which checks the options
as ``aecore train`` does, and ``prepare``, with which a training begins at once that is submitted soon.
``wake()``, for a server that starts, lets interrupted jobs go on.

Processes: ``submit`` starts one supervisor for each user's folder, which starts a worker for each job and
ends by itself. The store is SQLite (``jobs.db``); limits are settings in ``jobs.toml``, see ``Limits``;
``jobs/<id>/`` holds log, recording and the weights of a live job.
"""

from aecore.jobs.commands import WORDS
from aecore.jobs.manifest import Manifest
from aecore.jobs.places import job_folder, owner_of, terminal_token
from aecore.jobs.recording import Frame, Header, Recording
from aecore.jobs.records import Command, Job, Spec, Standing
from aecore.jobs.service import (
    NotYours,
    answers,
    command,
    frames,
    job,
    jobs,
    prepare,
    remove,
    submit,
    watched,
)
from aecore.jobs.settings import Limits, limits
from aecore.jobs.supervisor import wake

__all__ = [
    "WORDS",
    "Command",
    "Frame",
    "Header",
    "Job",
    "Limits",
    "Manifest",
    "NotYours",
    "Recording",
    "Spec",
    "Standing",
    "answers",
    "command",
    "frames",
    "job",
    "job_folder",
    "jobs",
    "limits",
    "owner_of",
    "prepare",
    "remove",
    "submit",
    "terminal_token",
    "wake",
    "watched",
]
