"""One trial, from a configuration to scores: the training loop, written out."""

import logging
import math
import time
from collections.abc import Callable, Generator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .averaging import AveragedWeights
from .config import TrainConfig
from .cost import Cost
from .data.augmentation import Augmentation
from .data.batches import BatchStream
from .data.corpus import earlier_run_fingerprint, run_fingerprint
from .data.keptcorpus import kept_corpus
from .data.minibatch import minibatch
from .device import peak_memory_mb, pick_device
from .distillation import batch_loss, untaught
from .errors import NonFiniteLossError, TrialStoppedError
from .evaluation import bootstrapped, predictions, scores
from .features import Features
from .files import RunFolder
from .gradients.surgery import GradientSurgery, cosines
from .inputs import Inputs
from .network.cpu.wordtable import WordTable
from .network.multitask import MultitaskEncoder
from .optim import build_optimizer, learning_rate, set_learning_rate
from .outputs import contrastive_loss
from .precision import computing, resolved
from .predictions import leave_predictions, place_predictions
from .record import EpochRecord
from .regularised import regularised
from .result import EpochResult, best_epoch
from .revisions import revised
from .sampling import TaskSampler
from .smart import Smart
from .steps import StepReport, StepTeller
from .weights import weights_digest

_log = logging.getLogger(__name__)


def train(  # noqa: PLR0912, PLR0915 - one trial, to be read from top to bottom
    config: TrainConfig,
    rundir: Path,
    *,
    data: Path | None,
    cache: Path,
    stop: Callable[[], bool] = lambda: False,
    loaded: Callable[[Inputs], object] = lambda inputs: None,
    told: Callable[[StepReport], object] = lambda report: None,
) -> Generator[EpochResult, None, None]:
    """Trains one trial and yields after each evaluation; a checkpoint is saved before each yield.

    The caller ends the trial by closing the generator, or between two steps by `stop`. Called again on the
    same folder, it goes on from the newest whole checkpoint: it yields the epochs that are done once more,
    from the record, then trains the others, with the results that an uninterrupted run would have had, bit
    for bit on the same machine and thread count.

    Args:
        config: Every setting.
        rundir: Folder of the trial: its checkpoints, and of the best epoch the weights and dev predictions.
        data: Folder of the user's data files; None where the tasks need none.
        cache: Folder of the tokenised data, shared by all trials.
        stop: Asked before each step whether to save a checkpoint and stop there.
        loaded: Hears what the trial trains on, before its first result.
        told: Hears how far an epoch is, about once a second, between two steps.

    Yields:
        One result an epoch.

    Raises:
        DataError: If the data is missing or malformed.
        EncoderError: If the encoder cannot be loaded.
        PluginError: If own code gives what it should not.
        CheckpointError: If the folder holds a checkpoint of another trial, or of an earlier arithmetic.
        NonFiniteLossError: If a loss or an output becomes infinite or not a number.
        TrialStoppedError: If `stop` said so.
        ModelError: If the device does not compute the precision.
    """
    cost = Cost()
    device = pick_device(config)
    precision = resolved(config.precision, device)
    config, judged_by = config.model_copy(update={"precision": precision}), config.objective
    # A fingerprint is of all declared tasks; all that follows knows those alone that are trained.
    declared, config = config, config.of_trained()
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    corpus = kept_corpus(config, data, cache)
    torch.manual_seed(config.seed)
    tokenizer = corpus.tokenizer
    model = MultitaskEncoder(config, tokenizer.vocabulary_size, tokenizer.pad_id, tokenizer.pieces).to(device)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    size = sum(parameter.numel() for parameter in model.parameters())
    weights = weights_digest(config.encoder, cache)
    loaded(Inputs(corpus.rows, corpus.dev_in_train, weights, size, corpus.rows_fingerprint))
    for name, said in untaught(corpus.rows):
        _log.warning("task %s: %s", name, said)
    if kind := model.encoder.padded_kind(device):
        _log.warning(
            "the padding of a %s is computed with its tokens, in batches of sentences of like length", kind
        )
    optimizer = build_optimizer(model.encoder, model.above, config)
    words = WordTable(model.encoder.bert.get_input_embeddings(), device)
    features = None
    if config.encoder.freeze == "all":
        features = Features(model.encoder, corpus.tokenizer.pad_id, device, cache, precision)
    known = None if features is None else features.of
    streams = {
        name: BatchStream(split.row_lengths, config.batch_size, (config.seed, number))
        for number, (name, split) in enumerate(corpus.train.items())
    }
    sampler = TaskSampler(
        config.sampling,
        {name: stream.batches_per_pass for name, stream in streams.items()},
        epochs=config.epochs,
        steps_per_epoch=config.steps_per_epoch,
        seed=config.seed,
    )
    total = config.epochs * sampler.steps_per_epoch
    surgery = None
    if config.gradient != "sum":
        surgery = GradientSurgery(parameters, list(streams), config.gradient, config.gradient_storage)
    smart = Smart(model, config.smart, config.tasks, total, config.seed) if config.smart.enabled else None
    average = None
    if config.average.name != "none":
        average = AveragedWeights(parameters, config.average, total)
    record = EpochRecord(list(streams), device)
    stateful = {"surgery": surgery, "smart": smart, "average": average, "record": record, "cost": cost}
    others = {name: one for name, one in stateful.items() if one is not None}
    loss_of = partial(batch_loss, config=config.distillation)
    scored = None if average is None else average.in_place
    trained = checkpoint.Trained(model, optimizer, device, others, scored)
    fingerprint = partial(
        checkpoint.trial_fingerprint,
        gradient=config.gradient,
        encoder=model.encoder.revision(device),
        precision=precision,
        others=revised(config, model, corpus.train, tokenizer),
    )
    identity = checkpoint.Identity(
        now=fingerprint(run_fingerprint(declared, corpus)),
        earlier=lambda: fingerprint(earlier_run_fingerprint(config, data)),
        data=corpus.data_fingerprint,
    )
    # Weights, optimizer, random states and epochs of the newest checkpoint; the start where there is none.
    progress = checkpoint.restore(rundir, trained, identity)
    folder = RunFolder(rundir)
    place_predictions(folder, best_epoch(progress.results))  # if it was killed before it could
    teller = StepTeller(told, sampler.steps_per_epoch, partial(peak_memory_mb, device))
    yield from progress.results

    step = len(progress.results) * sampler.steps_per_epoch + progress.steps
    for epoch in range(len(progress.results) + 1, config.epochs + 1):
        started = time.perf_counter()
        cost.begin_steps()
        teller.begin_epoch(progress.steps)
        model.train()
        # A step has a turn for each task that takes part: its name, and the number of its batch.
        for turns in sampler.epoch(epoch)[progress.steps :]:
            if stop():
                if progress.steps:  # between two epochs the newest checkpoint has it all
                    checkpoint.save(rundir, trained, progress)
                raise TrialStoppedError
            rate = learning_rate(config, step, total)
            set_learning_rate(optimizer, rate)
            minimised = 0.0
            for name, number in turns:
                split = corpus.train[name]
                rows = streams[name].batch(number)
                # A part of the batch at a time, to save memory: the gradients add up to those of the whole.
                pieces = min(config.accumulation, len(rows))
                for part in np.array_split(rows, pieces) if pieces > 1 else [rows]:
                    seed = (config.seed, step, int(part[0]))
                    augmentation = Augmentation(
                        config.mask_words, config.swap_pairs, config.word_dropout, seed
                    )
                    batch = minibatch(split, part, corpus.tokenizer, device, augmentation)
                    columns, types = split.task.columns, batch.token_types
                    given = (name, columns, batch.input_ids, batch.attention_mask)
                    embedded: list[torch.Tensor] = []
                    network = partial(model, *given, token_types=types, seen=embedded.append)
                    if features is not None:  # the heads alone train, on embeddings that are known
                        chosen = features.chosen(split, augmentation.sequence_numbers(split, part))
                        network = partial(model.answer, name, columns, chosen, embedded.append)
                    with computing(device, precision):
                        if smart is None:
                            passes, penalty = regularised(split.task, network, embedded, config.r_drop)
                        else:
                            outputs, penalty = smart.loss(*given, token_types=types, seen=embedded.append)
                            passes = [outputs]
                    losses = [loss_of(split.task, outputs.float(), batch) for outputs in passes]
                    if batch.texts is not None:
                        contrastive = (
                            contrastive_loss(split.task, e, batch.targets, batch.texts) for e in embedded
                        )
                        losses = [one + other for one, other in zip(losses, contrastive, strict=True)]
                    loss = torch.stack(losses).mean()
                    weighed = loss + penalty
                    if model.uncertainty is not None:
                        weighed = model.uncertainty(name, weighed)
                    summand = split.task.weight * weighed * (len(part) / len(rows))
                    value = summand.item()
                    if not math.isfinite(value):
                        raise NonFiniteLossError(
                            f"the loss of task {name} is {value} at step {step + 1} "
                            f"(epoch {epoch}, learning rate {rate:.3g})"
                        )
                    minimised += value
                    # Backward at once, so that one graph is in memory.
                    if summand.requires_grad:  # not of a cosine of frozen embeddings
                        summand.backward()  # type: ignore[no-untyped-call]
                    record.add(name, batch, loss, penalty, len(part) / len(rows))
                if surgery is not None:
                    surgery.collect(name)
            if surgery is not None:
                record.add_cosines(cosines(surgery.combine()))
            words.densify()
            if config.max_grad_norm is not None:
                torch.nn.utils.clip_grad_norm_(parameters, config.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if smart is not None:
                smart.after_step(step)
            if average is not None:
                average.after_step(step)
            step += 1
            progress = progress.after_step()
            teller.after_step(progress.steps, minimised, rate)
        cost.end_steps()
        stepped = time.perf_counter()

        predicted = partial(predictions, model, pad_id=corpus.tokenizer.pad_id, device=device, known=known)
        # Averaged weights are scored where there are some; those of the network beside them, to compare.
        if average is not None and average.begun:
            with computing(device, precision):
                record.add_raw_scores(scores(config.tasks, predicted(corpus.dev)))
        with (scored or nullcontext)(), computing(device, precision):
            dev, sample = predicted(corpus.dev, took=cost.took), predicted(corpus.sample)
        dev_scores, train_scores = scores(config.tasks, dev), scores(config.tasks, sample)
        if smart is not None:
            record.add_smart_weights(smart.after_epoch(train_scores, dev_scores))
        if model.uncertainty is not None:
            record.add_loss_weights(model.uncertainty.weights())
        judged = config.overall.score(config.tasks, dev_scores)
        best = all(judged > earlier.judged for earlier in progress.results)
        with (scored or nullcontext)(), computing(device, precision):
            test = predicted(corpus.test) if best else {}
        result = EpochResult(
            epoch=epoch,
            overall=judged if judged_by == "overall" else None,
            best=best,
            metrics=record.metrics(config, dev_scores, train_scores, scores(config.tasks, test), judged_by),
            train_seconds=stepped - started,
            eval_seconds=time.perf_counter() - stepped,
            tokens=record.tokens,
            padded_tokens=record.padded_tokens,
            peak_memory_mb=peak_memory_mb(device),
            fingerprint=corpus.data_fingerprint,
            processor_seconds=cost.processor_seconds(),
            step_seconds=cost.seconds_per_step(step),
            trained=None if judged_by == "overall" else judged,
            pair_seconds=None if features is not None else cost.seconds_per_1000_pairs(),
        )
        progress = progress.after(result)
        if result.best:
            kept, tested = bootstrapped(config.tasks, dev), bootstrapped(config.tasks, test)
            leave_predictions(folder, epoch, kept, tested)
        record.clear()  # before the checkpoint, which would hold the sums of an epoch that is done
        checkpoint.save(rundir, trained, progress)
        place_predictions(folder, best_epoch(progress.results))
        yield result
