"""The training loop of a script: the same order, noise, optimiser and schedule as ``Fit`` has on a CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aecore.scripts.page import Page, no_code, number
from aecore.training.optimisers import COOLDOWN, FLOOR, FUSED

OPTIMISERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
WIDEST = 105  # columns of a line
SHOWN = 20  # steps, from the first on, of which a script prints the loss; then each hundredth


@dataclass
class Player:
    """Who descends.

    Attributes:
        name: As a script prints it.
        loss: What is called for its loss.
        parameters: An expression.
    """

    name: str
    loss: str
    parameters: str


@dataclass
class Stage:
    """A part of the training.

    Attributes:
        name: As the model names it.
        players: Who descends in it, in turn.
        solve: Lines, instead of players.
        relative: Whether the last epoch is kept: a loss that another player measures cannot be compared.
        epochs: How many; set by whoever knows all stages.
    """

    name: str
    players: Sequence[Player] = ()
    solve: Sequence[str] = ()
    relative: bool = False
    epochs: int = field(default=0)


def write_loop(stages: Sequence[Stage], page: Page) -> str:
    """The training, from the seed on."""
    config = page.config
    if config["precision"] != "full":
        raise no_code(f"--precision {config['precision']}")
    descending = [stage for stage in stages if stage.players]
    choosing = any(_chooses(stage, config) for stage in descending)
    parts = []
    if choosing:
        page.imported("import copy", "import math")
        parts.append(_validation(page))
    if len(descending) > 1:
        parts.append(_function(choosing, page))
    body = [f"torch.manual_seed({config['seed']})  # for order and noise"]
    for stage in stages:
        if stage.solve:
            body += stage.solve
        elif len(descending) > 1:
            player = stage.players[0]
            body += _call(stage, player)
        else:
            epochs = [f"epochs, size = {stage.epochs}, {config['batch_size']}"]
            body += [*epochs, *_epochs(stage.players, _chooses(stage, config), page)]
    return "\n\n\n".join([*parts, "\n".join(body)])


def _call(stage: Stage, player: Player) -> list[str]:
    """The call of a stage, in one line, or an argument a line where that is long."""
    arguments = [player.loss, player.parameters, f"epochs={stage.epochs}"]
    call = [f"train({', '.join(arguments)})"]
    if len(call[0]) > WIDEST:
        call = ["train(", *(f"    {each}," for each in arguments), ")"]
    return [f"# stage: {stage.name}", *call]


def _chooses(stage: Stage, config: Mapping[str, Any]) -> bool:
    """Whether the best epoch is looked for."""
    patient = bool(config["patience"])
    return bool(config["validation"]) and not stage.relative and (config["keep"] == "best" or patient)


def _validation(page: Page) -> str:
    """Mean loss of the validation split."""
    given = [f"{name}_validation" for name in ("x", "y") if name in page.arguments]
    names = [name.removesuffix("_validation") for name in given]
    batches = (
        " zip(" + ", ".join(f"{each}.split(1000)" for each in given) + ")"
        if len(given) > 1
        else f" {given[0]}.split(1000)"
    )
    return f'''def validation_loss(loss_of):
    """Mean loss of the validation split, with the same noise at every epoch: it tells the best one."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        total = sum(len(x) * loss_of({", ".join(names)}).item() for {", ".join(names)} in{batches})
    return total / len(x_validation)'''


def _function(choosing: bool, page: Page) -> str:
    """The loop as a function, for trainings of several stages."""
    lines = _epochs([Player("loss", "loss_of", "parameters")], choosing, page)
    kept = ", and those of the best epoch are kept" if choosing and page.config["keep"] == "best" else ""
    inside = "\n".join(f"    {line}" if line else "" for line in lines)
    return f'''def train(loss_of, parameters, epochs, size={page.config["batch_size"]}):
    """One stage: the parameters descend a loss{kept}."""
    parameters = list(parameters)
{inside}'''


def _epochs(players: Sequence[Player], choosing: bool, page: Page) -> list[str]:
    """The loop over epochs and steps."""
    config = page.config
    alone, patient = len(players) == 1, bool(config["patience"])
    called = [f"{player.name}_optimiser" if not alone else "optimiser" for player in players]
    named = [player.name if not alone else "loss" for player in players]
    varies = config["lr_schedule"] != "constant" or config["lr_warmup"]
    lines = [f"{name} = {_optimiser(player, config)}" for name, player in zip(called, players, strict=True)]
    lines += [
        "size = min(size, len(x_train))",
        "steps = len(x_train) // size + (len(x_train) % size > 1)  # no last batch of one example",
    ]
    if choosing:
        lines.append(f"best{', best_epoch' if patient else ''} = math.inf{', 0' if patient else ''}")
    lines += ["for epoch in range(epochs):", "    model.train()", "    order = torch.randperm(len(x_train))"]
    step = ["index = order[step * size :][:size]"]
    drawn = "torch.bernoulli(x_train[index])  # pixels are drawn anew at each step"
    step.append(f"x = {drawn if config.get('binarise') == 'dynamic' else 'x_train[index]'}")
    if "y" in page.arguments:
        step.append("y = y_train[index]")
    if varies or "progress" in page.arguments:
        step.append("progress = (epoch * steps + step) / (epochs * steps)")
    if varies:
        step += _rate(called, config, page)
    for player, optimiser, name in zip(players, called, named, strict=True):
        step.append(f"{name} = {player.loss}({', '.join(page.arguments)})")
        step.append(f"{optimiser}.zero_grad()")
        weights = f"p.abs().sum() for p in {player.parameters} if p.ndim > 1"
        l1 = f"({name} + {number(config['l1'])} * sum({weights}))"
        step.append(f"{l1 if config['l1'] else name}.backward()")
        if config["clip"]:
            step.append(f"nn.utils.clip_grad_norm_({player.parameters}, {number(config['clip'])})")
        step.append(f"{optimiser}.step()")
    step.append(f"if (done := epoch * steps + step) < {SHOWN} or done % 100 == 0:")
    losses = [f"{name} {{{name}.item():.7g}}" for name in named]
    losses[0] = f"step {{done + 1}}: {losses[0]}"
    if alone:
        step.append(f'    print(f"{losses[0]}")')
    else:
        step += ["    print(", *(f'        f"{each}",' for each in losses), "    )"]
    lines += ["    for step in range(steps):", *(f"        {line}" for line in step), "    model.eval()"]
    if not choosing:
        return [*lines, '    print(f"epoch {epoch + 1}")']
    loss_of = players[0].loss
    best = [
        "if now < best:",
        f"    best{', best_epoch' if patient else ''} = now{', epoch' if patient else ''}",
    ]
    keep = config["keep"] == "best"
    if keep:
        best.append("    kept = copy.deepcopy(model.state_dict())")
    lines += [f"    now = validation_loss({loss_of})", *(f"    {line}" for line in best)]
    lines.append('    print(f"epoch {epoch + 1}: validation loss {now:.7g}")')
    if config["patience"]:
        lines += [f"    if epoch - best_epoch >= {config['patience']}:", "        break"]
    return [*lines, "model.load_state_dict(kept)"] if keep else lines


def _optimiser(player: Player, config: Mapping[str, Any]) -> str:
    """The optimiser; decay acts on matrices and kernels alone."""
    name, lr, decay = OPTIMISERS[config["optimiser"]], number(config["lr"]), config["weight_decay"]
    fused = ", fused=True" if config["optimiser"] in FUSED else ""
    if not decay:
        none = ", weight_decay=0" if config["optimiser"] == "adamw" else ""
        return f"torch.optim.{name}({player.parameters}, lr={lr}{none}{fused})"
    of = player.parameters
    return (
        f"torch.optim.{name}([\n"
        f'    {{"params": [p for p in {of} if p.ndim > 1], "weight_decay": {number(decay)}}},\n'
        f'    {{"params": [p for p in {of} if p.ndim <= 1], "weight_decay": 0}},\n'
        f"], lr={lr}{fused})"
    )


def _rate(optimisers: Sequence[str], config: Mapping[str, Any], page: Page) -> list[str]:
    """The learning rate as training goes on."""
    warmup, schedule, lr = config["lr_warmup"], config["lr_schedule"], number(config["lr"])
    left = "1 - progress" if not warmup else f"(1 - progress) / {number(max(1 - warmup, 1e-9))}"
    falls = {
        "constant": "",
        "linear": f"({left})",
        "cosine": f"(0.5 - 0.5 * math.cos(math.pi * ({left})))",
        "cooldown": f"min(1.0, ({left}) / {COOLDOWN})",
    }[schedule]
    if schedule == "cosine":
        page.imported("import math")
    rate = f"{lr} * ({FLOOR} + {1 - FLOOR} * {falls})" if falls else lr
    lines = [f"lr = {rate}"]
    if warmup:
        lines += [f"if progress < {number(warmup)}:", f"    lr = {lr} * progress / {number(warmup)}"]
    groups = " + ".join(f"{name}.param_groups" for name in optimisers)
    return [*lines, f"for group in {groups}:", '    group["lr"] = lr']
