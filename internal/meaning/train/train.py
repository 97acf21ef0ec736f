"""Trains the reader on pairs, the output of `go run ./internal/rank/learn
-pairs DIR`: python train.py DIR. It writes vocabulary.txt, held.txt, with the
articles that are kept from it, and checkpoint.pt into DIR. Run again, it goes on from
there. 1,000 steps take 20 minutes on two cores that are free for it."""

import argparse
import gzip
import json
import math
import os
import pathlib
import random
import re
import time

import numpy as np
import torch
from torch import nn

from reader import LONGEST_RUN, Batch, Cutter, Input, LETTERS, LIGHT, Reader, minilm, minilm_weights, read_lines

CYCLES, BATCH, RATE, WARM_UP = (1000, 3000), 48, 3e-4, 60  # cycles: the steps where one ends
HELD = 20  # one article in HELD is held out
CHECKED = 500  # questions about held-out articles, to follow the progress
EVERY = 100  # steps from one checkpoint to the next
FREQUENT = 20000  # ids of pieces in Latin script that are kept, for MiniLM has the frequent first


def read_pairs(file):
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def vocabulary_for(passages, questions):
    """The pieces that are kept: those that the pairs use, single letters, and
    the frequent ones in Latin script."""
    pieces = read_lines(minilm() / "vocab.txt")
    cutter = Cutter(pieces).tokenizer
    used = np.zeros(len(pieces), int)
    texts = [" ".join(p["sentences"]) for p in passages] + [q["question"] for q in questions]
    for i in range(0, len(texts), 512):
        for cut in cutter.encode_batch(texts[i:i + 512]):
            np.add.at(used, cut.ids, 1)

    def latin(piece):
        return all(ord(c) < 0x250 or 0x2000 <= ord(c) < 0x2200 for c in piece)

    return [piece for i, piece in enumerate(pieces) if not piece.startswith("[unused") and (
        used[i] >= 4 or len(piece.removeprefix("##")) == 1 or latin(piece) and i < FREQUENT)]


class Pairs:
    """Questions and passages, and the examples that are made of them."""

    def __init__(self, folder):
        self.passages = read_pairs(folder / "passages.jsonl.gz")
        self.questions = read_pairs(folder / "questions.jsonl.gz")
        self.articles = {}
        for i, q in enumerate(self.questions):
            self.articles.setdefault(q["article"], []).append(i)

    @classmethod
    def of(cls, questions, cutter):
        """Pairs of one organisation's questions, to swap facts between them."""
        pairs = cls.__new__(cls)
        pairs.questions, pairs.articles, pairs.cutter = questions, {0: range(len(questions))}, cutter
        return pairs

    def cut_with(self, vocabulary):
        self.cutter, self.sentences, self.titles = Cutter(vocabulary), {}, {}

    def sentence(self, passage, number):
        at = passage, number
        if at not in self.sentences:
            self.sentences[at] = self.cutter(self.passages[passage]["sentences"][number])
        return self.sentences[at]

    def title(self, passage):
        title = self.passages[passage]["title"].replace("_", " ")
        if title not in self.titles:
            self.titles[title] = self.cutter(title)
        return self.titles[title]

    def answered(self, passage, number, answers):
        """For each piece of a sentence whether it is in one of the answers."""
        text = self.passages[passage]["sentences"][number].lower()
        offsets = self.sentence(passage, number)[2]
        inside = [False] * len(offsets)
        for answer in (a.lower().strip() for a in answers):
            if not answer:
                continue
            for hit in re.finditer(re.escape(answer), text):
                start, end = hit.span()
                if (start and text[start - 1].isalnum() and answer[0].isalnum()
                        or end < len(text) and text[end].isalnum() and answer[-1].isalnum()):
                    continue  # inside a word
                for i, (first, last) in enumerate(offsets):
                    inside[i] = inside[i] or first < end and last > start
        return inside

    def place(self, q):
        """The first passage and sentence with an answer."""
        for passage in q["gold"] or []:
            for number in range(len(self.passages[passage]["sentences"])):
                if any(self.answered(passage, number, q["answers"])):
                    return passage, number
        return None

    def input(self, question, passage, around, bare, without=None, answers=None):
        """A question beside as many sentences around one as have room: bare
        of the title, or without a sentence."""
        question = self.cutter(question)
        title = None if bare else self.title(passage)
        x = Input(self.cutter, question, title)
        numbers = [n for n in range(len(self.passages[passage]["sentences"])) if n != without]
        sizes = [len(self.sentence(passage, n)[0]) for n in numbers]
        first = last = numbers.index(around) if around in numbers else min(around, len(numbers) - 1)
        room = LONGEST_RUN - 1 - len(x.ids) - (1 if bare else 0)
        total, grew = sizes[first], True
        while grew:
            grew = False
            sides = [-1, 1]
            random.shuffle(sides)
            for side in sides:
                beside = first - 1 if side < 0 else last + 1
                if 0 <= beside < len(numbers) and total + sizes[beside] <= room:
                    total, grew = total + sizes[beside], True
                    first, last = min(first, beside), max(last, beside)
        for n in numbers[first:last + 1]:
            x.add_sentence(n, self.sentence(passage, n), self.answered(passage, n, answers) if answers else None)
        return x.end()

    def examples(self, number):
        """Of a question one with the answer and one without: the question with
        a fact swapped, another passage, or the passage without the answer's
        sentence."""
        q = self.questions[number]
        place = self.place(q)
        if place is None:
            return []
        passage, sentence = place
        bare = random.random() < 0.15
        made = [self.input(q["question"], passage, sentence, bare, answers=q["answers"])]
        which = random.random()
        if which < 0.5:
            swapped = self.swap(q)
            if swapped:
                return made + [self.input(swapped, passage, sentence, bare)]
        if which < 0.85 and q["near"]:
            near = random.choice(q["near"])
            around = random.randrange(len(self.passages[near]["sentences"]))
            made.append(self.input(q["question"], near, around, bare))
        elif len(self.passages[passage]["sentences"]) > 1:
            made.append(self.input(q["question"], passage, max(0, sentence - 1), bare, without=sentence))
        return made

    def swap(self, q):
        """The question with a name, a number or a word swapped for another, or
        with a "not", so that the answer's sentence no longer answers it."""
        kinds = [self.swap_name, self.swap_number, swap_opposite, self.swap_word, deny]
        random.shuffle(kinds)
        kinds.sort(key=lambda k: {self.swap_word: 1, deny: 2}.get(k, 0) + (random.random() < 0.2) * -2)
        for kind in kinds:
            if swapped := kind(q["question"], self.articles[q["article"]]):
                return swapped
        return None

    def swap_name(self, question, siblings):
        names = list(NAME.finditer(question))
        if not names:
            return None
        old = random.choice(names)
        pool = siblings if random.random() < 0.7 else range(len(self.questions))
        for _ in range(8):
            others = list(NAME.finditer(self.questions[random.choice(pool)]["question"]))
            if others:
                new = random.choice(others).group()
                if new.lower() not in question.lower() and old.group().lower() not in new.lower():
                    return replace(question, old, new)
        return None

    def swap_number(self, question, siblings):
        numbers = list(NUMBER.finditer(question))
        if not numbers:
            return None
        old = random.choice(numbers)
        digits = list(old.group())
        if len(digits) == 4 and old.group().isdigit():  # a year, about
            new = str(int(old.group()) + random.choice([-40, -21, -10, -5, -3, -2, -1, 1, 2, 3, 5, 10, 14, 30]))
        else:
            i = random.choice([i for i, c in enumerate(digits) if c.isdigit()])
            digits[i] = random.choice([c for c in "123456789" if c != digits[i]])
            new = "".join(digits)
        return replace(question, old, new)

    def swap_word(self, question, siblings):
        words = [m for m in WORD.finditer(question) if m.group()[:LETTERS] not in LIGHT]
        if not words:
            return None
        old = random.choice(words)
        other = self.questions[random.choice(siblings)]["question"]
        new = [m.group() for m in WORD.finditer(other)]
        new = [w for w in new if w[:LETTERS] not in LIGHT and w[:4] not in question]
        return replace(question, old, random.choice(new)) if new else None


NAME = re.compile(r"(?<=\s)(?:[A-Z][\w'’-]+)(?:\s+(?:of|the|de|von)?\s*[A-Z][\w'’-]+)*")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
WORD = re.compile(r"(?<=\s)[a-z]{4,}")
VERB = re.compile(r"\b(is|are|was|were|did|does|do|has|have|had|can|could|would|will)\b")

OPPOSITES = {}
for pair in """first last;largest smallest;largest least;highest lowest;most least;before after;north south;east west
        oldest youngest;oldest newest;earliest latest;more less;increase decrease;increased decreased;male female;men women
        man woman;mother father;son daughter;king queen;early late;left right;upper lower;major minor;began ended;begin end
        start stop;started stopped;won lost;win lose;allowed forbidden;legal illegal;rich poor;hot cold;high low;long short
        large small;big small;old new;good bad;positive negative;inside outside;above below;internal external;public private
        national local;eastern western;northern southern;import export;maximum minimum;longest shortest;best worst
        always never;with without;born killed;day night;summer winter;open close;opened closed;buy sell;include exclude
        support oppose;supported opposed;agree disagree;accepted rejected;join leave;joined left;attack defend;winning losing
        strong weak;true false;senior junior;urban rural;domestic foreign;rise fall;rose fell;create destroy;created destroyed
        common rare;majority minority;same different;top bottom;full empty;hard easy;slow fast;fewer more;few many""".replace("\n", ";").split(";"):
    one, other = pair.split()
    OPPOSITES.setdefault(one, []).append(other)
    OPPOSITES.setdefault(other, []).append(one)


def swap_opposite(question, siblings):
    words = [m for m in re.finditer(r"[A-Za-z]+", question) if m.group().lower() in OPPOSITES]
    if not words:
        return None
    old = random.choice(words)
    return replace(question, old, random.choice(OPPOSITES[old.group().lower()]))


def deny(question, siblings):
    verb = VERB.search(question)
    return question[:verb.end()] + " not" + question[verb.end():] if verb else None


def replace(text, match, by):
    return text[:match.start()] + by + text[match.end():]


def loss_of(logits, batch):
    """How unlikely the answer's pieces are, beside all pieces of sentences and
    a fixed 0 for that there is none."""
    nowhere = torch.tensor(-1e9)
    scores = torch.where(batch.sentences, logits, nowhere)
    total = torch.logsumexp(torch.cat([torch.zeros(len(scores), 1), scores], 1), 1)
    right = torch.logsumexp(torch.where(batch.answers, logits, nowhere), 1)
    return (total - torch.where(batch.answers.any(1), right, torch.zeros_like(right))).mean()


@torch.no_grad()
def check(model, examples):
    """The loss on examples, how often the best sentence has the answer, and
    how often an input with one scores more than an input without."""
    model.eval()
    loss, right, answered, unanswered = 0.0, 0, [], []
    for i in range(0, len(examples), 64):
        some = examples[i:i + 64]
        batch = Batch(some)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch)
        loss += loss_of(logits, batch).item() * len(some)
        for x, row in zip(some, logits.tolist()):
            pieces = {}
            for sentence, logit in zip(x.sentences, row):
                if sentence >= 0:
                    pieces.setdefault(sentence, []).append(logit)
            scores = {sentence: np.logaddexp.reduce(p) for sentence, p in pieces.items()}
            best = max(scores, key=scores.get)
            if any(x.answers):
                answered.append(scores[best])
                right += any(a and s == best for a, s in zip(x.answers, x.sentences))
            else:
                unanswered.append(scores[best])
    above = (np.array(answered)[:, None] > np.array(unanswered)[None]).mean()
    return loss / len(examples), right / len(answered), above


def rate_at(step):
    """The rate of learning: a cosine over each cycle (Loshchilov and Hutter, 2017)."""
    begin, end = next((b, e) for b, e in zip((0,) + CYCLES, CYCLES) if step < e)
    return RATE * min(1, (step - begin + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * (step - begin) / (end - begin)))


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("folder", type=pathlib.Path)
    folder = a.parse_args().folder
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    random.seed(1)

    pairs = Pairs(folder)
    kept = folder / "vocabulary.txt"
    if not kept.exists():
        kept.write_text("\n".join(vocabulary_for(pairs.passages, pairs.questions)) + "\n")
    vocabulary = read_lines(kept)
    pairs.cut_with(vocabulary)
    held = set(random.sample(sorted(pairs.articles), max(1, len(pairs.articles) // HELD)))
    titles = {q["article"]: pairs.passages[q["gold"][0]]["title"] for q in reversed(pairs.questions) if q["gold"]}
    (folder / "held.txt").write_text("".join(titles[n] + "\n" for n in sorted(held) if n in titles))
    train = [i for i, q in enumerate(pairs.questions) if q["article"] not in held]
    checked = [i for i, q in enumerate(pairs.questions) if q["article"] in held]
    random.shuffle(train)
    random.shuffle(checked)

    model = Reader(len(vocabulary))
    model.start(minilm_weights(), vocabulary)
    model.words.weight.requires_grad_(False)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01, betas=(0.9, 0.98))
    step = at = 0  # at is the next question
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["opt"])
        step, at = saved["step"], saved["at"]
        print("goes on from step", step, flush=True)
    random.seed(7)
    examples = [x for i in checked[:CHECKED] for x in pairs.examples(i)]
    random.seed(1000 + step)

    pool, losses, begin, seen = [], [], time.time(), 0
    while step < CYCLES[-1]:
        while len(pool) < BATCH * 16:
            pool += pairs.examples(train[at % len(train)])
            at += 1
        pool.sort(key=lambda x: len(x.ids) + random.random() * 8)  # so that there is little padding
        batches = [pool[i:i + BATCH] for i in range(0, len(pool) - BATCH + 1, BATCH)]
        pool = pool[len(batches) * BATCH:]
        random.shuffle(batches)
        for some in batches[:CYCLES[-1] - step]:
            for group in optimiser.param_groups:
                group["lr"] = rate_at(step)
            model.train()
            batch = Batch(some)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(batch)
            loss = loss_of(logits, batch)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            step, seen = step + 1, seen + len(some)
            losses = losses[-49:] + [loss.item()]
            if step % 10 == 0:
                print(f"step {step}: loss {np.mean(losses):.3f}, {seen / (time.time() - begin):.0f} inputs a second", flush=True)
            if step % EVERY == 0 or step == CYCLES[-1]:
                new = folder / "checkpoint.new"
                torch.save({"model": model.state_dict(), "opt": optimiser.state_dict(), "step": step, "at": at}, new)
                new.replace(checkpoint)
                print("held out: loss %.3f, right sentence %.3f, answer above none %.3f" % check(model, examples), flush=True)


if __name__ == "__main__":
    main()
