"""Organisations with their passages and questions, as `go run
./internal/rank/learn -teams TEAMS -pairs DIR` writes them."""

import gzip
import json

def read_pairs(file):
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


class Team:
    """passages and questions; texts has every sentence in its context, and at
    says in which passage and place of it each stands."""

    def __init__(self, folder):
        self.folder, self.name = folder, folder.name
        self.passages = read_pairs(folder / "passages.jsonl.gz")
        self.questions = read_pairs(folder / "questions.jsonl.gz")
        self.texts, self.at, self.number = [], [], {}
        for p, passage in enumerate(self.passages):
            for s, text in enumerate(passage["contexts"]):
                self.number[p, s] = len(self.texts)
                self.texts.append(text)
                self.at.append((p, s))
        for q in self.questions:
            q["right"] = {self.number[tuple(g)] for g in q["gold"] or []}


def teams_in(folder):
    return [Team(team) for team in sorted(folder.iterdir())] if folder else []
