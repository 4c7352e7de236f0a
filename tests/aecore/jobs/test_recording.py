"""A recording that grows, shrinks, tears and breaks while somebody reads it."""

from __future__ import annotations

import errno
import json
import os
import struct
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aecore.jobs.manifest import Manifest, with_tuples
from aecore.jobs.recorder import Recorder
from aecore.jobs.recording import Dials, Header, Recording, encode

MANIFEST = Manifest(
    data="digits", variant="vae", kind="image", shape=(1, 8, 8), latent_dim=2, index=(3, 5, 8),
    label=(0, 1, 1), classes=("0", "1"), shown=(0, 2), columns=4, manifold=True, dials=("lr", "beta"),
)  # fmt: skip


def header(step: int) -> Header:
    return Header(0, step, 1, 0.5, Dials(beta=2.0, lr=1e-3), {"loss": 3.5}, kl=(0.25, 1.5))


def parts(step: int) -> dict[str, Any]:
    mu = np.full((3, 2), step, np.float16)
    return {"mu": mu, "logvar": -mu, "grid.png": b"\x89PNG" + bytes([step % 256]) * 200}


def recorder(folder: Path, budget: float = 1e9) -> Recorder:
    folder.mkdir(exist_ok=True)
    return Recorder(folder, MANIFEST, b"strip", budget)


def record(folder: Path, steps: range, budget: float = 1e9) -> Recorder:
    made = recorder(folder, budget)
    for step in steps:
        made.append(header(step), parts(step))
    return made


def steps(recording: Recording) -> list[int]:
    return [frame.header.step for frame in recording.range()]


def test_bytes_are_as_they_are_described(tmp_path: Path) -> None:
    record(tmp_path, range(2))
    said = json.loads((tmp_path / "frames.json").read_bytes())
    assert (said["generation"], said["label"], said["dials"]) == (1, [0, 1, 1], ["lr", "beta"])
    data = (tmp_path / "frames-1").read_bytes()
    mark, top, body, crc = struct.unpack("<4sIII", data[:16])
    assert mark == b"LPF1"
    assert crc == zlib.crc32(data[16 : 16 + top + body])
    text = json.loads(data[16 : 16 + top])
    assert text["parts"] == [
        ["mu", "float16", [3, 2], 12], ["logvar", "float16", [3, 2], 12], ["grid.png", "png", [], 204],
    ]  # fmt: skip
    assert (text["dials"]["beta"], text["kl"]) == (2.0, [0.25, 1.5])
    assert data[16 + top : 16 + top + 12] == np.zeros((3, 2), "<f2").tobytes()
    assert len(data) == 2 * (16 + top + body)


def test_a_reader_follows_a_writer(tmp_path: Path) -> None:
    reading = Recording(tmp_path)
    assert (len(reading), reading.manifest, reading.latest(), reading.originals) == (0, None, None, b"")
    writing = recorder(tmp_path)
    assert reading.manifest == MANIFEST
    assert reading.originals == b"strip"
    assert reading.latest() is None
    for step in range(5):
        writing.append(header(step), parts(step))
        newest = reading.latest(step - 1)
        assert newest
        assert newest.header.step == newest.header.number == step
        assert reading.latest(step) is None
        assert len(reading) == step + 1
    third = reading.frame(2)
    assert third
    assert third.header.terms == {"loss": 3.5}
    assert (third.arrays["mu"] == 2).all()
    assert (third.arrays["logvar"] == -2).all()
    assert third.pictures == {"grid.png": parts(2)["grid.png"]}
    assert steps(reading) == [0, 1, 2, 3, 4]
    assert [frame.header.step for frame in reading.range(1, -1)] == [1, 2, 3]
    assert reading.frame(5) is None
    assert third.raw == (tmp_path / "frames-1").read_bytes()[2 * len(third.raw) : 3 * len(third.raw)]


@pytest.mark.parametrize("torn", [1, 15, 16, 100, -1])
def test_a_torn_frame_is_not_read_and_the_next_writer_cuts_it_off(tmp_path: Path, torn: int) -> None:
    record(tmp_path, range(3))
    file = tmp_path / "frames-1"
    whole = file.read_bytes()
    last = len(whole) // 3 * 2
    file.write_bytes(whole[: last + torn] if torn > 0 else whole[:torn])
    assert steps(Recording(tmp_path)) == [0, 1]
    writing = recorder(tmp_path)
    assert writing.last
    assert writing.last.step == 1
    writing.append(header(7), parts(7))
    assert steps(Recording(tmp_path)) == [0, 1, 7]
    numbers = [frame.header.number for frame in Recording(tmp_path).range()]
    assert numbers == [0, 1, 2]


def test_a_recording_of_before_is_read_and_gone_on_with(tmp_path: Path) -> None:
    """One whose manifest has no basis, and whose headers say nothing of traversals."""
    record(tmp_path, range(2))
    said = json.loads((tmp_path / "frames.json").read_bytes())
    assert said.pop("basis") == {}
    (tmp_path / "frames.json").write_text(json.dumps(said))
    raws = []
    for frame in Recording(tmp_path).range():
        text = asdict(frame.header)
        assert text.pop("traversed") == ()
        top = json.dumps(text).encode()
        crc = zlib.crc32(frame.body, zlib.crc32(top))
        raws.append(struct.pack("<4sIII", b"LPF1", len(top), len(frame.body), crc) + top + frame.body)
    (tmp_path / "frames-1").write_bytes(b"".join(raws))
    assert [frame.header.traversed for frame in Recording(tmp_path).range()] == [(), ()]
    now = replace(MANIFEST, basis={"examples": "a", "likelihood": "bernoulli", "binarise": "none"})
    writing = Recorder(tmp_path, now, b"strip", 1e9)
    assert writing.last
    assert writing.last.step == 1
    writing.append(replace(header(2), traversed=(0, 1)), parts(2))
    reading = Recording(tmp_path)
    assert steps(reading) == [0, 1, 2]
    assert [frame.header.traversed for frame in reading.range()] == [(), (), (0, 1)]
    other = {"examples": "b", "likelihood": "bernoulli", "binarise": "none"}
    (new := tmp_path / "new").mkdir()
    Recorder(new, now, b"strip", 1e9).append(header(0), parts(0))
    assert Recorder(new, replace(now, basis=other), b"strip", 1e9).last is None  # it is no longer the same


def test_damage_costs_what_it_hits(tmp_path: Path) -> None:
    record(tmp_path, range(4))
    file = tmp_path / "frames-1"
    data = bytearray(file.read_bytes())
    size = len(data) // 4
    data[size + 60] ^= 255  # a byte of the second frame
    file.write_bytes(data)
    reading = Recording(tmp_path)
    assert steps(reading) == [0, 2, 3]
    assert reading.frame(1) is None
    data[2 * size] ^= 255  # the mark of the third: where the next begins is not known any more
    file.write_bytes(data)
    assert steps(Recording(tmp_path)) == [0]
    file.unlink()
    assert (len(Recording(tmp_path)), Recording(tmp_path).latest()) == (0, None)
    (tmp_path / "frames.json").write_text("{")
    assert Recording(tmp_path).manifest is None
    record(tmp_path, range(2))
    assert steps(Recording(tmp_path)) == [0, 1]


def test_a_recording_keeps_to_its_budget(tmp_path: Path) -> None:
    one = len(encode(header(0), b"")) + 300
    writing, reading = recorder(tmp_path, 20 * one), Recording(tmp_path)
    numbers = []
    for step in range(200):
        writing.append(header(step), parts(step))
        newest = reading.latest()
        assert newest
        numbers.append(newest.header.number)
        assert sum(path.stat().st_size for path in tmp_path.glob("frames-*")) <= 21 * one
    assert numbers == list(range(200))
    kept = steps(reading)
    assert kept[0] == 0
    assert kept[-1] == 199
    assert kept == sorted(kept)
    assert 8 <= len(kept) <= 21
    assert reading.manifest
    assert reading.manifest.generation > 5
    assert len(list(tmp_path.glob("frames-*"))) == 1


def test_a_new_take_drops_the_frames_and_numbers_go_on(tmp_path: Path) -> None:
    writing, reading = record(tmp_path, range(5)), Recording(tmp_path)
    writing.begin_again()
    assert len(reading) == 0
    assert recorder(tmp_path).manifest.take == 2
    again = recorder(tmp_path)
    again.append(header(0), parts(0))
    newest = reading.latest(4)
    assert newest
    assert newest.header.number == 5
    for step in range(1, 6):
        again.append(header(step), parts(step))
    again.cut(2)
    assert steps(reading) == [0, 1, 2]
    again.append(header(3), parts(3))
    newest = reading.latest(10)
    assert newest
    assert newest.header.number == 11


def test_a_recording_of_before_factors_were_recorded_goes_on(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    factor = {"name": "size", "values": [0.5, "large"], "of": [0] * len(MANIFEST.index)}
    varied = Manifest(**{**vars(MANIFEST), "factors": (factor,)})
    assert Manifest(**with_tuples(json.loads(varied.to_bytes()))) == varied
    Recorder(tmp_path, varied, b"", 1e9).append(header(3), parts(3))
    assert steps(Recording(tmp_path)) == [0, 1, 2, 3]


def test_another_model_gets_another_recording(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    Recorder(tmp_path, Manifest(**{**vars(MANIFEST), "latent_dim": 3}), b"", 1e9)
    assert len(Recording(tmp_path)) == 0


def test_what_is_no_image_has_its_originals_in_numbers_and_goes_on(tmp_path: Path) -> None:
    legend: dict[str, list[Any]] = {
        "vocabulary": ["", "a"],
        "columns": [],
        "centre": [0.1, 1 / 3],
        "scale": [],
    }
    words = replace(MANIFEST, kind="tokens", shape=(3,), manifold=False, legend=legend)
    for step in range(3):  # each time another writer: the job was paused in between
        Recorder(tmp_path, words, b"numbers", 1e9).append(header(step), parts(step))
    reading = Recording(tmp_path)
    assert (steps(reading), reading.manifest) == ([0, 1, 2], words)
    assert (reading.originals, (tmp_path / "originals.safetensors").read_bytes()) == (b"numbers", b"numbers")


def test_a_recording_of_before_is_read(tmp_path: Path) -> None:
    record(tmp_path, range(2))
    said = json.loads((tmp_path / "frames.json").read_bytes())
    del said["legend"]
    (tmp_path / "frames.json").write_text(json.dumps(said))
    assert Recording(tmp_path).manifest == MANIFEST
    assert steps(Recording(tmp_path)) == [0, 1]
    assert Recording(tmp_path).originals == b"strip"


def test_a_full_disk_leaves_the_frames_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = record(tmp_path, range(3))
    before = (tmp_path / "frames-1").read_bytes()
    write, room = os.write, [150]

    def short(descriptor: int, data: Any) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= (some := min(len(data), room[0]))
        return write(descriptor, data[:some])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                writing.append(header(3), parts(3))
        assert (tmp_path / "frames-1").read_bytes() == before
        writing.budget = 0
        room[0] = len(before) // 3  # enough for the frame, not for a smaller recording
        writing.append(header(4), parts(4))
    assert steps(Recording(tmp_path)) == [0, 1, 2, 4]
    assert not list(tmp_path.glob(".tmp-*"))


def test_numbers_go_on_where_another_model_is_recorded(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    damaged = bytearray((tmp_path / "frames-1").read_bytes())
    damaged[-1] ^= 255  # of the newest that can be read the numbers go on
    (tmp_path / "frames-1").write_bytes(damaged)
    assert recorder(tmp_path).last == Recording(tmp_path).range()[-1].header
    other = Recorder(tmp_path, Manifest(**{**vars(MANIFEST), "latent_dim": 3}), b"", 1e9)
    assert other.last is None
    other.append(header(0), parts(0))
    (frame,) = Recording(tmp_path).range()
    assert frame.header.number == 2
    manifest = Recording(tmp_path).manifest
    assert manifest
    assert (manifest.take, manifest.generation, manifest.latent_dim) == (2, 2, 3)
