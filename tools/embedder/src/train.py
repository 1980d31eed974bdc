"""Trains the table of the built-in embedder. Called by train-embedder.ts: train.py DATA OUT SEED.

Needs python3-numpy and python3-scipy (and libopenblas0 for speed). Reads what training-data.ts wrote; writes to OUT
  table.f32    rows x DIM
  query.f32    weight of each row in a question
  document.f32 weight of each row in a passage
  fields.f32   weights of name, path, body
  parity.f32   question and passage vector of each function of no package
  log.json     losses and times
The start is a latent semantic analysis of all functions (Deerwester et al. 1990; by randomised subspace iteration, Halko et al.
2011, https://arxiv.org/abs/0909.4061), mixed with noise. Then a question (doc comment) must find its function among the others of its
batch and the reverse: symmetric InfoNCE (van den Oord et al. 2018, https://arxiv.org/abs/1807.03748). Half of the batches hold one
package's functions, which are harder to tell apart. Functions without a comment take part with their name as the question.
"""
import json, sys, time
import numpy as np
from scipy import sparse

DATA, OUT, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3])
DIM, EPOCHS, BATCH = 256, 3, 1024
RATE, DROP, DROP_QUESTION, NAME_DROP, PATH_DROP = 2e-3, 0.15, 0.10, 0.35, 0.50
PSEUDO_PAIRS, GROUPED, EPS = 40_000, 0.5, 1e-4
LSA_FUNCTIONS, LSA_ROUNDS, LSA_EXTRA = 160_000, 4, 16
FIELDS = "qnpb"
rng = np.random.default_rng(SEED)
started = time.time()


def say(text):
    print(f"[{time.time() - started:6.1f} s] {text}", flush=True)


def load(name, kind):
    return np.fromfile(f"{DATA}/{name}", dtype=kind)


rows = {f: load(f"{f}.rows.i32", "<i4").astype(np.int64) for f in FIELDS}
amounts = {f: load(f"{f}.amounts.f32", "<f4") for f in FIELDS}
offsets = {f: load(f"{f}.offsets.i32", "<i4").astype(np.int64) for f in FIELDS}
package, doc = load("meta.i32", "<i4").reshape(-1, 2).T
idf = load("idf.f32", "<f4")
WORDS = sum(1 for _ in open(f"{DATA}/words.txt", encoding="utf8"))
ROWS, COUNT = len(idf), len(package)
size = {f: np.diff(offsets[f]) for f in FIELDS}
# Functions of no package are not trained on; their vectors are written.
encoded = np.flatnonzero(package < 0)
pairs = np.flatnonzero((package >= 0) & (doc >= 0) & (size["q"] > 0))
pseudo = np.flatnonzero((package >= 0) & (doc < 0) & (size["n"] >= 2) & (size["b"] >= 6))
say(f"{COUNT} functions, {len(pairs)} pairs, {len(pseudo)} without a comment, {WORDS} words")


def gather(field, ids):
    """Positions in the field's arrays, and how many each function has."""
    begin, count = offsets[field][ids], size[field][ids]
    ends = np.cumsum(count)
    at = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - count - begin, count)
    return at, count


def lsa():
    chosen = np.flatnonzero(package >= 0)
    if len(chosen) > LSA_FUNCTIONS:
        rest = np.setdiff1d(chosen, pairs)
        chosen = np.sort(np.concatenate([rng.permutation(pairs)[:LSA_FUNCTIONS], rng.permutation(rest)[: max(0, LSA_FUNCTIONS - len(pairs))]]))
    parts = []
    for f in FIELDS:
        at, count = gather(f, chosen)
        value = amounts[f][at] * idf[rows[f][at]] * (1.5 if f in "qn" else 1.0)
        ptr = np.concatenate([[0], np.cumsum(count)])
        parts.append(sparse.csr_matrix((value.astype(np.float32), rows[f][at], ptr), shape=(len(chosen), ROWS)))
    matrix = sum(parts[1:], parts[0]).tocsr()[:, :WORDS]
    norm = np.sqrt(matrix.multiply(matrix).sum(axis=1)).A1 + 1e-6
    matrix = (sparse.diags((1 / norm).astype(np.float32)) @ matrix).tocsr().astype(np.float32)
    turned = matrix.T.tocsr()
    say(f"latent semantic analysis of {matrix.nnz} entries")
    basis = rng.standard_normal((WORDS, DIM + LSA_EXTRA), dtype=np.float32)
    for _ in range(LSA_ROUNDS):
        basis = np.linalg.qr(basis)[0].astype(np.float32)
        basis = turned @ (matrix @ basis)
    basis = np.linalg.qr(basis)[0].astype(np.float32)
    seen = matrix @ basis
    turn, values, _ = np.linalg.svd(seen.T @ seen)
    found = (basis @ turn)[:, :DIM] * values[:DIM] ** 0.25
    return found / (np.linalg.norm(found, axis=1, keepdims=True) + 1e-8)


noise = rng.standard_normal((ROWS, DIM), dtype=np.float32)
noise /= np.linalg.norm(noise, axis=1, keepdims=True)
table = noise.copy()
table[:WORDS] = lsa() + 0.5 * noise[:WORDS]
table /= np.linalg.norm(table, axis=1, keepdims=True)
table = table.astype(np.float32)
# Logarithms of the weights: first half for passages, second for questions.
weights = np.tile(np.log(idf / 5 + 0.05), 2).astype(np.float32)
fields = np.array([0.5, -0.7, 0.0], np.float32)  # name, path, body
scale = np.array([np.log(20.0)], np.float32)
say("start of the training")


class RowAdam:
    """Adam (Kingma and Ba 2015) that touches the rows of a gradient only."""

    def __init__(self, like):
        self.mean, self.square = np.zeros_like(like), np.zeros_like(like)
        self.steps = np.zeros((len(like),) + (1,) * (like.ndim - 1), np.float32)

    def step(self, values, where, gradient, rate):
        self.steps[where] += 1
        t = self.steps[where]
        mean = self.mean[where] * np.float32(0.9) + np.float32(0.1) * gradient
        square = self.square[where] * np.float32(0.98) + np.float32(0.02) * gradient * gradient
        self.mean[where], self.square[where] = mean, square
        change = (mean / (1 - np.float32(0.9) ** t)) / (np.sqrt(square / (1 - np.float32(0.98) ** t)) + 1e-8)
        values[where] -= np.float32(rate) * change


adam_table, adam_weights, adam_fields, adam_scale = RowAdam(table), RowAdam(weights), RowAdam(fields), RowAdam(scale)


def batch_bags(ids, commented):
    """Row numbers, amounts, kinds of weight and ends of the bags: questions, names, paths and bodies, one after the other."""
    count = len(ids)
    real, other = ids[:commented], ids[commented:]
    keep_name = (rng.random(count) >= NAME_DROP) & (np.arange(count) < commented)
    keep_path = rng.random(count) >= PATH_DROP
    picked, amount, half, lengths = [], [], [], []

    def add(field, chosen, drop=0.0, keep=None, question=False):
        at, n = gather(field, chosen)
        stay = rng.random(len(at)) >= drop if drop else np.ones(len(at), bool)
        if keep is not None:
            stay &= np.repeat(keep, n)
        owner = np.repeat(np.arange(len(chosen)), n)[stay]
        at = at[stay]
        picked.append(rows[field][at])
        amount.append(amounts[field][at])
        half.append(np.full(len(at), ROWS if question else 0))
        lengths.append(np.bincount(owner, minlength=len(chosen)))

    add("q", real, DROP_QUESTION, question=True)
    add("n", other, question=True)
    add("n", ids, keep=keep_name)
    add("p", ids, DROP, keep_path)
    add("b", ids, DROP)
    row = np.concatenate(picked)
    return row, np.concatenate(amount), row + np.concatenate(half), np.concatenate(lengths)


def softmax(values):
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return values / values.sum(axis=1, keepdims=True)


def train_step(ids, rate):
    ids = np.concatenate([ids[doc[ids] >= 0], ids[doc[ids] < 0]])
    count, commented = len(ids), int((doc[ids] >= 0).sum())
    row, amount, weight_at, lengths = batch_bags(ids, commented)
    value = amount * np.exp(weights[weight_at])
    mark = np.zeros(ROWS, bool)
    mark[row] = True
    used = np.flatnonzero(mark)
    place = np.zeros(ROWS, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    local = place[row]
    bags = sparse.csr_matrix((value, local, np.concatenate([[0], np.cumsum(lengths)])), shape=(4 * count, len(used)))
    part = table[used]
    total = bags @ part
    norm = np.linalg.norm(total, axis=1, keepdims=True)
    unit = total / (norm + EPS)
    question, name, path, body = unit[:count], unit[count : 2 * count], unit[2 * count : 3 * count], unit[3 * count :]
    share = np.exp(fields)
    mixed = share[0] * name + share[1] * path + share[2] * body
    length = np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), EPS)
    passage = mixed / length
    sharp = min(float(np.exp(scale[0])), 60.0)
    likeness = question @ passage.T
    logits = likeness * np.float32(sharp)
    # Two functions with the same comment are no counter-examples to each other.
    same = (doc[ids][:, None] == doc[ids][None, :]) & (doc[ids] >= 0)[:, None]
    np.fill_diagonal(same, False)
    logits[same] = -1e9
    right, down = softmax(logits), softmax(logits.T)
    diagonal = np.arange(count)
    loss = -(np.log(right[diagonal, diagonal] + 1e-12).mean() + np.log(down[diagonal, diagonal] + 1e-12).mean()) / 2
    slope = (right + down.T) / (2 * count)
    slope[diagonal, diagonal] -= 1 / count
    slope_scale = (slope * likeness).sum() * sharp
    slope *= np.float32(sharp)
    to_question, to_passage = slope @ passage, slope.T @ question
    to_mixed = (to_passage - passage * (passage * to_passage).sum(axis=1, keepdims=True)) / length
    slope_fields = np.array([(to_mixed * x).sum() * s for x, s in zip((name, path, body), share)], np.float32)
    to_unit = np.concatenate([to_question, share[0] * to_mixed, share[1] * to_mixed, share[2] * to_mixed])
    along = (unit * to_unit).sum(axis=1, keepdims=True)
    # d(total / (norm + eps)): the part along `total` shrinks with the norm. Empty bags have no direction and get no gradient.
    to_total = (to_unit - unit * along * (norm + EPS) / np.maximum(norm, 1e-12)) / (norm + EPS)
    to_total[norm[:, 0] == 0] = 0
    to_total = to_total.astype(np.float32)
    slope_rows = bags.T @ to_total
    owner = np.repeat(np.arange(4 * count), lengths)
    to_value = np.empty(len(row), np.float32)
    for begin in range(0, len(row), 16384):
        end = begin + 16384
        to_value[begin:end] = np.einsum("ij,ij->i", part[local[begin:end]], to_total[owner[begin:end]])
    slope_weights = np.bincount(weight_at, to_value * value, minlength=2 * ROWS).astype(np.float32)
    adam_table.step(table, used, slope_rows, rate)
    touched = np.flatnonzero(np.bincount(weight_at, minlength=2 * ROWS))
    adam_weights.step(weights, touched, slope_weights[touched], 2 * rate)
    adam_fields.step(fields, slice(None), slope_fields, 2.5 * rate)
    if sharp < 60.0 or slope_scale > 0:
        adam_scale.step(scale, slice(None), np.array([slope_scale], np.float32), 2.5 * rate)
    return loss


log = []
pseudo_count = min(PSEUDO_PAIRS, len(pseudo))
steps = EPOCHS * ((len(pairs) + pseudo_count) // BATCH)
step = 0
for epoch in range(EPOCHS):
    ids = rng.permutation(np.concatenate([pairs, rng.permutation(pseudo)[:pseudo_count]]))
    grouped = ids[: int(len(ids) * GROUPED)]
    grouped = grouped[np.argsort(package[grouped] + rng.random(len(grouped)) * 0.9, kind="stable")]
    free = ids[len(grouped) :]
    batches = [grouped[i : i + BATCH] for i in range(0, len(grouped) - BATCH // 2, BATCH)]
    batches += [free[i : i + BATCH] for i in range(0, len(free) - BATCH // 2, BATCH)]
    losses = []
    for at in rng.permutation(len(batches)):
        rate = RATE * min(1.0, step / 50) * (1 - 0.97 * min(1.0, step / max(1, steps)))
        losses.append(float(train_step(batches[at], rate)))
        step += 1
    log.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), "seconds": time.time() - started})
    say(f"epoch {epoch + 1}: loss {log[-1]['loss']:.3f}, scale {np.exp(scale[0]):.1f}, name/path/body {np.exp(fields).round(2).tolist()}")



def encode(field, number, half):
    at, _ = gather(field, np.array([number]))
    row = rows[field][at]
    total = (amounts[field][at] * np.exp(weights[half * ROWS + row])) @ table[row]
    return total / (np.linalg.norm(total) + EPS)


vectors = []
for number in encoded:
    mixed = sum(np.exp(share) * encode(f, number, 0) for f, share in zip("npb", fields))
    vectors += [encode("q", number, 1), mixed / np.linalg.norm(mixed)]
np.array(vectors, "<f4").tofile(f"{OUT}/parity.f32")
table.astype("<f4").tofile(f"{OUT}/table.f32")
np.exp(weights[ROWS:]).astype("<f4").tofile(f"{OUT}/query.f32")
np.exp(weights[:ROWS]).astype("<f4").tofile(f"{OUT}/document.f32")
np.exp(fields).astype("<f4").tofile(f"{OUT}/fields.f32")
with open(f"{OUT}/log.json", "w", encoding="utf8") as file:
    json.dump({"seed": SEED, "pairs": len(pairs), "functions": COUNT, "epochs": log, "processor_seconds": time.process_time()}, file)
