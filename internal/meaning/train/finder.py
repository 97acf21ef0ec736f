"""Trains the finder: python finder.py TEAMS SQUAD OUT. TEAMS is what
`go run ./internal/rank/learn -teams DATA -pairs TEAMS` writes, with the teacher's
vectors of teacher.py. SQUAD has the pairs of SQuAD. LEFT is like TEAMS, of
organisations to measure it with. It takes half an hour on two free cores."""

import argparse
import math
import os
import pathlib
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from reader import LONGEST_TEXT, Batch, Cutter, Input, Reader, minilm, minilm_weights, read_lines
from teams import read_pairs, teams_in

ROUNDS = 3  # how often each question of an organisation is seen
BATCH = 32  # questions of one organisation
NEGATIVES = 1  # hard ones for each question
FROZEN = 1  # layers, from the first
HARDEST = 24  # they are drawn from the first so many of the teacher
SQUAD_EVERY = 4  # of so many steps one is about SQuAD
RATE, WARM_UP = 1e-4, 15
SHARPNESS = 20
TEACHER_SHARPNESS, TEACHER_SHARE = 30, 1.0


class Texts:
    """Cuts texts into pieces once."""

    def __init__(self, vocabulary):
        self.cutter, self.cut = Cutter(vocabulary), {}

    def __call__(self, texts):
        for text in texts:
            if text not in self.cut:
                self.cut[text] = Input(self.cutter, self.cutter(text), None, LONGEST_TEXT - 2).end(alone=True)
        return Batch([self.cut[text] for text in texts])


def freeze(model, layers):
    """Keeps the first layers and what is below them as they are. Then less has to
    be computed, too."""
    for part in (model.words, model.pos, model.kind, model.flag, model.norm, model.out, *model.layers[:layers]):
        part.requires_grad_(False)


def vectors(model, batch):
    with torch.autocast("cpu", torch.bfloat16):
        x = model.sense(batch).float()
    own = batch.own[:, :, None]
    return F.normalize((x * own).sum(1) / own.sum(1), dim=-1)


def vectors_by_length(model, texts, all, chunk=24):
    """The same in chunks of like length, with less padding."""
    texts(all)
    order = sorted(range(len(all)), key=lambda i: len(texts.cut[all[i]].ids))
    parts = [vectors(model, texts([all[i] for i in order[at:at + chunk]])) for at in range(0, len(order), chunk)]
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return torch.cat(parts)[torch.from_numpy(back)]


@torch.no_grad()
def vectors_of(model, texts, all):
    model.eval()
    return vectors_by_length(model, texts, all, 64).numpy()


def teach(team):
    """The cosines of the teacher, question by text, and its first ones that are not
    right."""
    v = np.load(team.folder / "taught.npz")
    team.taught = v["q"] @ v["d"].T
    team.taught = (team.taught - team.taught.mean()) / team.taught.std() * 0.12  # as wide as a cosine of MiniLM
    team.hard = []
    for q, s in zip(team.questions, team.taught):
        team.hard.append([i for i in np.argsort(-s)[:HARDEST + len(q["right"])] if i not in q["right"]][:HARDEST])


def measure(model, texts, team):
    """How often a right sentence is first; of paraphrases first, among 10 and
    24."""
    s = vectors_of(model, texts, [q["question"] for q in team.questions]) @ vectors_of(model, texts, team.texts).T
    best = [(q, [int(np.sum(row > max(row[list(q["right"])])))]) for q, row in zip(team.questions, s) if q["right"]]

    def share(kind, k):
        of = [at[0] < k for q, at in best if kind in ("", q["kind"])]
        return 100 * np.mean(of)

    return "%s %.1f, paraphrases %.1f %.1f %.1f" % (team.name, share("", 1), *(share("paraphrase", k) for k in (1, 10, 24)))


def team_step(model, texts, team, numbers):
    """The loss for some questions of an organisation: a right sentence among
    right ones and hard ones of the others, and the order of the teacher."""
    columns = {}
    for n in numbers:
        q = team.questions[n]
        right = random.choice(sorted(q["right"])) if q["right"] else None
        for i in ([right] if right is not None else []) + random.sample(team.hard[n], NEGATIVES):
            columns.setdefault(i, None)
    columns = list(columns)
    asked = vectors(model, texts([team.questions[n]["question"] for n in numbers]))
    told = vectors_by_length(model, texts, [team.texts[i] for i in columns])
    cosines = asked @ told.T * SHARPNESS
    right = torch.tensor([[i in team.questions[n]["right"] for i in columns] for n in numbers])
    has = right.any(1)
    total = torch.logsumexp(cosines, 1)
    own = torch.logsumexp(cosines.masked_fill(~right, -1e9), 1)
    loss = (total - own)[has].mean()
    taught = torch.from_numpy(team.taught[np.ix_(numbers, columns)]).float() * TEACHER_SHARPNESS
    return loss + TEACHER_SHARE * F.kl_div(F.log_softmax(cosines, 1), F.softmax(taught, 1), reduction="batchmean")


class Squad:
    def __init__(self, folder):
        self.passages = read_pairs(folder / "passages.jsonl.gz")
        self.questions = [q for q in read_pairs(folder / "questions.jsonl.gz") if q["gold"]]
        self.articles = {}
        for q in self.questions:
            self.articles.setdefault(q["article"], []).append(q)

    def batch(self):
        """Questions of a few articles, the sentences with their answers, and
        others of their passages."""
        asked, columns, own = [], [], []
        for _ in range(4):
            about = self.articles[random.choice(sorted(self.articles))]
            for q in random.sample(about, min(len(about), BATCH // 4)):
                p = self.passages[q["gold"][0]]
                title = p["title"].replace("_", " ")
                of = [f"{title}: {s}" for s in p["sentences"]]
                right = {i for i, s in enumerate(p["sentences"]) if any(a.lower() in s.lower() for a in q["answers"])}
                if not right:
                    continue
                others = [i for i in range(len(of)) if i not in right]
                asked.append(q["question"])
                own.append({of[i] for i in right})
                columns += [of[random.choice(sorted(right))]] + [of[i] for i in random.sample(others, min(1, len(others)))]
        return asked, list(dict.fromkeys(columns)), own

    def step(self, model, texts):
        asked, columns, own = self.batch()
        cosines = vectors(model, texts(asked)) @ vectors_by_length(model, texts, columns).T * SHARPNESS
        right = torch.tensor([[c in o for c in columns] for o in own])
        return (torch.logsumexp(cosines, 1) - torch.logsumexp(cosines.masked_fill(~right, -1e9), 1)).mean()


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("teams", type=pathlib.Path)
    a.add_argument("squad", type=pathlib.Path)
    a.add_argument("out", type=pathlib.Path)
    a.add_argument("--left", type=pathlib.Path)
    a.add_argument("--rounds", type=int, default=ROUNDS)
    a = a.parse_args()
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)

    vocabulary = read_lines(minilm() / "vocab.txt")
    texts = Texts(vocabulary)
    model = Reader(len(vocabulary), 6)
    model.start(minilm_weights(), vocabulary)
    freeze(model, FROZEN)
    teams = teams_in(a.teams)
    for team in teams:
        teach(team)
    squad = Squad(a.squad)

    schedule = []
    for _ in range(a.rounds):
        for team in teams:
            numbers = [n for n, q in enumerate(team.questions) if q["right"]]
            random.shuffle(numbers)
            schedule += [(team, numbers[i:i + BATCH]) for i in range(0, len(numbers) - BATCH // 2, BATCH)]
    random.shuffle(schedule)
    steps = []
    for i, s in enumerate(schedule):
        steps.append(s)
        if i % (SQUAD_EVERY - 1) == SQUAD_EVERY - 2:
            steps.append(None)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01, betas=(0.9, 0.98))
    losses, begin = {True: [], False: []}, time.time()
    for n, s in enumerate(steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (n + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * n / len(steps)))
        model.train()
        loss = squad.step(model, texts) if s is None else team_step(model, texts, *s)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        losses[s is None] = losses[s is None][-20:] + [loss.item()]
        if (n + 1) % 20 == 0:
            print(f"step {n + 1} of {len(steps)}: loss {np.mean(losses[False]):.3f}, SQuAD {np.mean(losses[True] or [0]):.3f}, {time.time() - begin:.0f} s", flush=True)
        if (n + 1) % 100 == 0 or n + 1 == len(steps):
            torch.save({"model": model.state_dict()}, a.out)
    for team in teams_in(a.left):
        print("after:", measure(model, texts, team), flush=True)


if __name__ == "__main__":
    main()
