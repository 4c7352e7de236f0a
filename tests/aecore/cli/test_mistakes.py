"""What a user can get wrong: one sentence, exit status 2, nothing left behind."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aecore.cli import main

VAE = "train --variant vae --data digits --device cpu"

CASES = {
    "quux": "There is no command called 'quux'. Known: app,",
    "trian --data digits": "There is no command called 'trian'. Did you mean train?",
    "--quux": "required: COMMAND",
    "train": "--variant is missing",
    "train --variant vae": "--data is missing",
    "train --variant": "--variant: expected one argument",
    "train --latent-dim 3": "depends on --variant and --data",
    "train --variant bvae --data digits": "no variant called 'bvae'. Did you mean vae?",
    "train --variant vae --data digit": "no data set called 'digit'. Did you mean digits?",
    f"{VAE} --latentdim 3": "'--latentdim'. Did you mean --latent-dim?",
    f"{VAE} --latent 3": "'--latent'. Did you mean --latent-dim?",
    f"{VAE} --beta=3": "--beta belongs to --variant beta-tc-vae or --variant beta-vae or ",
    f"{VAE} --k 3": "vae on digits as chosen lacks it.",
    f"{VAE} --channels 8": "--channels belongs to --net conv; vae on digits as chosen has --net mlp.",
    f"{VAE} --net conv --hidden 8": "vae on digits as chosen has --net conv.",
    f"{VAE} extra": "there is no use for 'extra'",
    f"{VAE} --net cnn": "no net called 'cnn'. Did you mean conv? Known: conv, mlp, recurrent, transformer.",
    f"{VAE} --latent-dim 0": "--latent-dim is a whole number from 1 to 512; 0 is not.",
    "train --variant beta-vae --data digits --beta -1": "--beta is a number from 0 to 1000; -1 is not.",
    f"{VAE} --lr 0": "--lr is a number from 1e-08 to 10; 0 is not.",
    f"{VAE} --lr nan": "--lr is a number from 1e-08 to 10; nan is not.",
    f"{VAE} --hidden 8,x": "--hidden is a whole number from 1 to 16384, not 'x'.",
    f"{VAE} --validation 999999": "validation is a whole number from 0 to",
    f"{VAE} --likelihood bernoulli": "bernoulli is a likelihood of binary data",
    f"{VAE} --net conv --channels 8,8,8,8": "8×8 pixels halve",
    f"{VAE} --device abacus": "no device 'abacus' on this machine",
    f"{VAE} --name ../x": "'../x' does not do as a name",
    f"{VAE} --name Mine": "'Mine' does not do as a name",
    f"{VAE} --optimiser sgd --lr 10 --epochs 40": "ower --lr",
    "train --variant vae --data mnist": "MNIST is not on this machine",
    "train --resume": "There is no interrupted run to resume.",
    "train --resume digits/x": "There is no interrupted run to resume.",
    "train --resume --epochs 9": "leave out --epochs",
    "train --resume --variant vae": "leave out --variant",
    "evaluate": "Name a bundle",
    "evaluate digits/nothing": "no bundle called 'digits/nothing'",
    "evaluate ../secret": "no bundle called '../secret'",
    "list --bundle": "'--bundle'. Did you mean --bundles?",
    "data quux": "no command of aecore data called 'quux'. Known: get, show.",
    "data get minst": "no data set called 'minst'. Did you mean mnist?",
    "zoo bild": "no command of aecore zoo called 'bild'. Did you mean build?",
    "zoo build digits/vee": "no recipe called 'digits/vee'. Did you mean digits/vae",
    "app --port 0": "--port is a whole number from 1 to 65535; 0 is not.",
    "app --port http": "--port: invalid int value: 'http'",
    "app --host 192.0.2.7": "--host '192.0.2.7' is no address of this machine",
    "app --host a..b": "--host 'a..b' is no address of this machine",
}


@pytest.fixture(autouse=True)
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "empty"))


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that was said."""
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if not line.startswith(("Training ", "epoch "))]
    assert out == ""
    assert len(lines) == 1, err
    assert lines[0].startswith("aecore: ")
    return lines[0]


@pytest.mark.parametrize("words", CASES)
def test_a_mistake_is_one_sentence(words: str, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    assert CASES[words] in sentence(capsys)
    assert not own_home.exists()


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: aecore")


@pytest.fixture
def copied(trained: Path, own_home: Path) -> Path:
    """The user's own bundles, to be damaged."""
    shutil.copytree(trained, own_home)
    return own_home / "bundles" / "digits" / "half"


def test_a_name_that_is_taken(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = (copied / "card.json").read_bytes()
    assert main([*VAE.split(), "--name", "half"]) == 2
    assert "digits/half is there already: choose another --name, or --replace it." in sentence(capsys)
    assert (copied / "card.json").read_bytes() == card
    assert not (copied.parents[2] / "runs").exists()


@pytest.mark.parametrize("file", ["card.json", "model.safetensors"])
def test_a_bundle_that_cannot_be_read(file: str, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = bytearray((copied / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / file).write_bytes(content)
    assert main(["evaluate", "digits/half"]) == 2
    assert f"Bundle digits/half: {file}" in sentence(capsys)
    assert main(["evaluate", "digits/full"]) == 0
    assert main(["list", "--bundles"]) == 0


def test_a_home_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "file" / "home"))
    assert main(VAE.split()) == 2
    assert "cannot be written (Not a directory)" in sentence(capsys)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def said_by_a_gpu(error: Exception) -> Callable[[], Any]:
    """Asks for memory as one does whose device says that."""

    def ask() -> None:
        raise error

    return ask


@pytest.mark.parametrize(
    "asks",
    [
        lambda: torch.empty(2**50),
        lambda: np.empty(2**50),
        said_by_a_gpu(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")),
        said_by_a_gpu(RuntimeError("CUDA error: out of memory")),
        said_by_a_gpu(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`")),
        said_by_a_gpu(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")),
        said_by_a_gpu(RuntimeError("MPS backend out of memory. Tried to allocate 2 GB")),
    ],
    ids=["cpu", "numpy", "gpu", "driver", "cublas", "cudnn", "mps"],
)
@pytest.mark.parametrize("place", ["aecore.variants.build", "aecore.training.Fit._step"])
def test_too_little_memory(
    place: str, asks: Callable[[], Any], own_home: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(place, lambda *_: asks())
    assert main(VAE.split()) == 2
    said = sentence(capsys)
    for part in ("not enough memory", "--batch-size", "--hidden", "--channels"):
        assert part in said
    assert not own_home.exists()


def test_too_little_memory_to_evaluate(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("aecore.metrics.evaluation.fit_pca", lambda *_: torch.empty(2**50))
    assert main(["evaluate", "digits/half"]) == 2
    assert "not enough memory for this. digits/half needs less if" in sentence(capsys)


def test_another_error_is_not_about_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aecore.variants.build", lambda *_: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size"):
        main(VAE.split())


def test_nothing_is_fetched_before_the_options_are_known_to_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("aecore.data.download", fetched.append)
    words = "train --variant vae --data mnist --download --device cpu"
    assert main([*words.split(), "--lr", "0"]) == 2
    assert "--lr is a number" in sentence(capsys)
    assert fetched == []
    assert main(words.split()) == 2
    assert "MNIST is not on this machine" in sentence(capsys)
    assert fetched == ["mnist"]


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["app", "--port", str(port), "--host", "127.0.0.1"]) == 2
    assert f"Port {port} is in use: choose another with --port." in sentence(capsys)


def test_the_process_says_and_returns_the_same(own_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aecore", "trane"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("aecore: There is no command called 'trane'. Did you mean train?")
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_has_seen_enough_causes_no_noise() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "aecore", "list", "--datasets", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 1
