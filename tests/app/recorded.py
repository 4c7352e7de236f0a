"""A recording written by hand, so that what is watched is known to the bit and no model is trained."""

from __future__ import annotations

import numpy as np

from aecore.jobs import Header, Manifest, Recording, job_folder
from aecore.jobs.recorder import Recorder
from aecore.jobs.recording import Dials
from aecore.scenes.atlas import png

PNG = png(np.arange(64, dtype=np.uint8).reshape(8, 8))


class Film:
    """The recording of a job.

    Args:
        job: Its id.
    """

    def __init__(self, job: str) -> None:
        folder = job_folder(job)
        folder.mkdir(parents=True)
        manifest = Manifest(
            data="digits", variant="beta-vae", kind="image", shape=(1, 8, 8), latent_dim=2, index=(0, 1, 2),
            label=(0, 1, 0), classes=("0", "1"), shown=(0, 1), columns=2, manifold=True, dials=("beta", "lr"),
        )  # fmt: skip
        self.recording = Recording(folder)
        self.recorder = Recorder(folder, manifest, PNG, budget=1e9)
        self.taken = 0

    def take(self, beta: float = 1.0) -> bytes:
        """One more frame; its bytes as they lie in the file."""
        k = self.taken
        header = Header(
            number=0, step=10 * k, epoch=1, seconds=k / 10, dials=Dials(beta=99.0, beta_now=beta, lr=1e-3),
            rate=k + 0.5, distortion=20.0 - k, negative_elbo=20.5, kl=(0.25, k + 0.25), active_units=2,
        )  # fmt: skip
        mu = np.full((3, 2), k, np.float16)
        self.recorder.append(header, {"mu": mu, "grid.png": PNG})
        self.taken += 1
        frame = self.recording.frame(-1)
        assert frame
        return frame.raw

    def thin(self) -> None:
        """Drops every second frame but the last, as a recording does that outgrows its budget."""
        last = self.recorder.last
        assert last
        self.recorder._rewrite(lambda header, k: k % 2 == 0 or header.number == last.number)

    @property
    def numbers(self) -> list[int]:
        """Of the frames there are."""
        return [frame.header.number for frame in self.recording.range()]
