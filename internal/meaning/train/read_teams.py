"""Trains the reader further, after train.py: it gets three more layers and learns
from organisations, too. python read_teams.py SQUAD TEAMS FROM OUT [--start FILE].

FROM is teams or squad: with squad it learns from SQuAD alone, which teams then
starts from. LEFT is like TEAMS, of organisations to measure it with."""

import argparse
import math
import os
import pathlib
import random
import time

import numpy as np
import torch
from torch import nn

from finder import freeze, teach
from reader import LONGEST_CONTEXT, LONGEST_RUN, Batch, Input, Reader, minilm_weights, read_lines
from teams import teams_in
from train import Pairs, check, loss_of

LAYERS = 6
RUNS = 3  # read with one question
GROUPS_A_STEP = 8  # questions about organisations in a step
SQUAD_A_STEP = 10  # inputs about SQuAD in a step
QUESTIONS = 3600  # about organisations that are seen
FROZEN = 2
RATE, SQUAD_RATE, WARM_UP = 1.5e-4, 2e-4, 30
SWAPPED, WITHOUT = 0.25, 0.12  # of the questions with an answer: a fact swapped, or the answer's sentence taken away


class TeamRuns:
    """Groups of inputs for the questions of an organisation."""

    def __init__(self, team, cutter):
        self.team, self.cutter = team, cutter
        self.pieces, self.contexts = {}, {}
        self.pairs = Pairs.of(team.questions, cutter)

    def sentence(self, p, n):
        if (p, n) not in self.pieces:
            self.pieces[p, n] = self.cutter(self.team.passages[p]["sentences"][n])
        return self.pieces[p, n]

    def context(self, p, first):
        """Title, headings, and the lead unless it is read as a sentence."""
        passage = self.team.passages[p]
        lead = passage["lead"] if passage["kind"] == "table" or first > 0 else ""
        text = f'{passage["title"]} {lead}'.strip()
        if text not in self.contexts:
            self.contexts[text] = self.cutter(text) if text else None
        return self.contexts[text]

    def run(self, question, p, around, right=(), without=None):
        """The question beside the sentences around one, as many as have room."""
        asked = self.cutter(question)
        sizes = [len(self.sentence(p, n)[0]) for n in range(len(self.team.passages[p]["sentences"]))]
        room = LONGEST_RUN - 3 - min(36, len(asked[0])) - LONGEST_CONTEXT // 2
        first = last = around
        total = sizes[around]
        for beside in (1, -1, 2, -2, 3, -3):
            n = around + beside
            if 0 <= n < len(sizes) and n in (first - 1, last + 1) and total + sizes[n] <= room:
                total, first, last = total + sizes[n], min(first, n), max(last, n)
        x = Input(self.cutter, asked, self.context(p, first), context=LONGEST_CONTEXT)
        for n in range(first, last + 1):
            if n != without:
                cut = self.sentence(p, n)
                x.add_sentence(n, cut, [(p, n) in right] * len(cut[0]))
        return x.end()

    def group(self, number):
        """The inputs of one question: one with the answer, and others that come
        near."""
        q = self.team.questions[number]
        right = {self.team.at[i] for i in q["right"]}
        runs, passages = [], set()
        if right:
            p, n = random.choice(sorted(right))
            passages.add(p)
            size = len(self.team.passages[p]["sentences"])
            around = min(size - 1, max(0, n + random.choice((0, 0, 0, -1, 1))))
            runs.append(self.run(q["question"], p, around, right))
            if not any(runs[0].answers):
                runs[0] = self.run(q["question"], p, n, right)
        near = self.team.hard[number][:16]
        if not right and q["document"]:
            near = [i for i in self.team.hard[number] if self.team.passages[self.team.at[i][0]]["document"] == q["document"]] + near
        else:
            random.shuffle(near)
        for i in near:
            p, n = self.team.at[i]
            if p not in passages and len(runs) < RUNS - (not right):
                passages.add(p)
                if not self.holds_answer(q, p):
                    runs.append(self.run(q["question"], p, n, right))
        groups = [runs]
        lot = random.random()
        if right and lot < SWAPPED:
            if swapped := self.pairs.swap({"question": q["question"], "article": 0}):
                p, n = random.choice(sorted(right))
                groups.append([self.run(swapped, p, n)])
        elif right and lot < SWAPPED + WITHOUT:
            p, n = random.choice(sorted(right))
            if len(right) == 1 and len(self.team.passages[p]["sentences"]) > 1:
                groups.append([self.run(q["question"], p, n, without=n)])
        return groups

    def holds_answer(self, q, p):
        text = " ".join(self.team.passages[p]["sentences"]).lower()
        return any(a.lower() in text for a in q["answers"]) and not any(self.team.at[i][0] == p for i in q["right"])


def group_loss(logits, batch, sizes):
    """The answer among everything that was read for a question and one
    "nowhere" for all of it, and the mean of the same for each run alone (shared
    and separate normalisation, Clark and Gardner, 2018)."""
    nowhere = torch.tensor(-1e9)
    scores = torch.where(batch.sentences, logits, nowhere)
    said = torch.logsumexp(scores, 1)
    right = torch.logsumexp(torch.where(batch.answers, logits, nowhere), 1)
    has = batch.answers.any(1)
    alone = torch.logaddexp(torch.zeros_like(said), said) - torch.where(has, right, torch.zeros_like(right))
    loss, at = alone.mean(), 0
    joint = []
    for n in sizes:
        all = torch.logsumexp(torch.cat([torch.zeros(1), said[at:at + n]]), 0)
        joint.append(all - torch.logsumexp(right[at:at + n], 0) if has[at:at + n].any() else all)
        at += n
    return loss + torch.stack(joint).mean()


@torch.no_grad()
def measure(model, runs, most=8):
    """How often the best sentence is right when the passages of the teacher's
    first sentences are read, and how well the best score tells questions with
    an answer from others."""
    model.eval()
    team, hits, kinds, best_of = runs.team, [], [], []
    for number, q in enumerate(team.questions):
        order = np.argsort(-team.taught[number])
        chosen = {}
        for i in order:
            p, n = team.at[i]
            chosen.setdefault(p, n)
            if len(chosen) == most:
                break
        inputs = [runs.run(q["question"], p, n, {team.at[i] for i in q["right"]}) for p, n in chosen.items()]
        batch = Batch(inputs)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch)
        best, hit = -1e9, False
        for p, x, row in zip(chosen, inputs, logits.tolist()):
            pieces = {}
            for s, l in zip(x.sentences, row):
                if s >= 0:
                    pieces.setdefault(s, []).append(l)
            for s, l in pieces.items():
                score = np.logaddexp.reduce(l)
                if score > best:
                    best, hit = score, team.number[p, s] in q["right"]
        hits.append(hit)
        best_of.append(best)
    has = np.array([bool(q["right"]) for q in team.questions])
    hits, best_of = np.array(hits), np.array(best_of)
    para = np.array([q["kind"] == "paraphrase" for q in team.questions])
    auroc = (best_of[has][:, None] > best_of[~has][None]).mean()
    correct = (best_of[hits][:, None] > best_of[~hits][None]).mean()
    return "%s: first %.1f, paraphrases %.1f, auroc %.1f, of right ones %.1f" % (
        team.name, 100 * hits[has].mean(), 100 * hits[para].mean(), 100 * auroc, 100 * correct)


@torch.no_grad()
def grow(old, vocabulary):
    """A reader with the layers of old, and MiniLM's next ones above them."""
    model = Reader(len(vocabulary), LAYERS)
    model.start(minilm_weights(), vocabulary)
    model.load_state_dict({n: w for n, w in old.items()}, strict=False)
    return model


class SquadInputs:
    def __init__(self, pairs, train):
        self.pairs, self.train, self.at, self.pool = pairs, train, 0, []

    def take(self, n):
        while len(self.pool) < n * 16:
            self.pool += self.pairs.examples(self.train[self.at % len(self.train)])
            self.at += 1
        self.pool.sort(key=lambda x: len(x.ids) + random.random() * 8)
        i = random.randrange(len(self.pool) - n + 1)
        some, self.pool = self.pool[i:i + n], self.pool[:i] + self.pool[i + n:]
        return some


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("squad", type=pathlib.Path)
    a.add_argument("teams", type=pathlib.Path)
    a.add_argument("source", metavar="from", choices=["squad", "teams"])
    a.add_argument("out", type=pathlib.Path)
    a.add_argument("--start", type=pathlib.Path)
    a.add_argument("--steps", type=int, default=220, help="from squad")
    a.add_argument("--left", type=pathlib.Path)
    a = a.parse_args()
    rate = SQUAD_RATE if a.source == "squad" else RATE
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    random.seed(1)

    vocabulary = read_lines(a.squad / "vocabulary.txt")
    pairs = Pairs(a.squad)
    pairs.cut_with(vocabulary)
    held = set(random.sample(sorted(pairs.articles), len(pairs.articles) // 20))
    train = [i for i, q in enumerate(pairs.questions) if q["article"] not in held]
    checked = [i for i, q in enumerate(pairs.questions) if q["article"] in held]
    random.shuffle(train)
    random.shuffle(checked)
    model = grow(torch.load(a.start, weights_only=False)["model"] if a.start else {}, vocabulary)
    freeze(model, FROZEN)
    model.out.requires_grad_(True)
    examples = [x for i in checked[:200] for x in pairs.examples(i)]
    print("held out: loss %.3f, right sentence %.3f, answer above none %.3f" % check(model, examples), flush=True)

    def ready(folder):
        for team in teams_in(folder):
            teach(team)
            yield TeamRuns(team, pairs.cutter)

    teams = [] if a.source == "squad" else list(ready(a.teams))
    schedule = []
    while teams and len(schedule) < QUESTIONS:
        of = [(runs, n) for runs in teams for n in range(len(runs.team.questions))]
        random.shuffle(of)
        schedule += of[:QUESTIONS - len(schedule)]
    steps = a.steps if a.source == "squad" else len(schedule) // GROUPS_A_STEP
    squad = SquadInputs(pairs, train)
    squad.at = 30000 if a.source == "squad" else random.randrange(40000, 80000)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    losses, begin = [[], []], time.time()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        model.train()
        groups = [g for runs, n in schedule[step * GROUPS_A_STEP:][:GROUPS_A_STEP] for g in runs.group(n) if g] if teams else []
        inputs = [x for g in groups for x in g]
        optimiser.zero_grad()
        if inputs:
            batch = Batch(inputs)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(batch)
            loss = group_loss(logits, batch, [len(g) for g in groups])
            loss.backward()
            losses[0] = losses[0][-30:] + [loss.item()]
        batch = Batch(squad.take(SQUAD_A_STEP if teams else 32))
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch)
        loss = loss_of(logits, batch)
        loss.backward()
        losses[1] = losses[1][-30:] + [loss.item()]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if (step + 1) % 20 == 0:
            print(f"step {step + 1} of {steps}: loss {np.mean(losses[0] or [0]):.3f}, SQuAD {np.mean(losses[1]):.3f}, {time.time() - begin:.0f} s", flush=True)
    print("held out: loss %.3f, right sentence %.3f, answer above none %.3f" % check(model, examples), flush=True)
    for runs in ready(a.left):
        print("after:", measure(model, runs), flush=True)
    torch.save({"model": model.state_dict()}, a.out)


if __name__ == "__main__":
    main()
