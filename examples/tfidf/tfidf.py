"""A trainer in the place of ours: TF-IDF and logistic regression, of scikit-learn."""

import warnings

import numpy as np
from pydantic import Field
from scipy.sparse import hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from model.config import TrialConfig
from model.owntrial import OwnTrial


class Config(TrialConfig):
    c: float = Field(1.0, gt=0, description="Inverse of the strength of L2 regularisation.")
    ngrams: int = Field(1, ge=1, le=3, description="Longest sequence of words that is a feature.")
    sublinear: bool = Field(False, description="Whether counts enter by their logarithm.")
    iterations: int = Field(5, ge=1, description="Passes of SAGA over the rows in an epoch.")


class Features:
    """TF-IDF of a text; of a pair |u - v| and u * v of its texts."""

    def __init__(self, rows, config):
        words = {"ngram_range": (1, config.ngrams), "sublinear_tf": config.sublinear}
        self.tfidf = TfidfVectorizer(**words).fit([text for column in rows.texts for text in column])

    def of(self, rows):
        u, *v = (self.tfidf.transform(column) for column in rows.texts)
        return hstack([abs(u - v[0]), u.multiply(v[0])]).tocsr() if v else u


class Classifier:
    """Logistic regression of the classes; a score is the mean of the whole ones, by their probabilities."""

    def __init__(self, name, task, rows, config, state):
        self.name, self.task, self.features = name, task, Features(rows, config)
        self.x, self.y = self.features.of(rows), np.rint(rows.labels)
        steps = {"solver": "saga", "max_iter": config.iterations, "random_state": config.seed}
        self.model = LogisticRegression(C=config.c, warm_start=True, **steps)
        if state:
            self.model.coef_, self.model.intercept_ = state[f"{name}.coef"], state[f"{name}.intercept"]
            self.model.classes_ = np.unique(self.y)

    def fit(self):
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            self.model.fit(self.x, self.y)  # goes on from its coefficients

    def predict(self, rows):
        shares, classes = self.model.predict_proba(self.features.of(rows)), self.model.classes_
        if self.task.range is not None:
            return shares @ classes, None
        scores = np.full((len(rows), self.task.classes), -100.0)
        scores[:, classes.astype(int)] = np.log(np.maximum(shares, 1e-43))
        return classes[shares.argmax(axis=1)], scores

    def state(self):
        return {f"{self.name}.coef": self.model.coef_, f"{self.name}.intercept": self.model.intercept_}


def train(config, rundir, *, data, cache, stop, report):
    trial = OwnTrial(config, rundir, data, report)
    models = {n: Classifier(n, t, trial.train[n], config, trial.state) for n, t in config.tasks.items()}

    def step(epoch):
        for model in models.values():
            model.fit()
        state = {name: array for model in models.values() for name, array in model.state().items()}
        return (lambda name, rows: models[name].predict(rows)), state

    yield from trial.epochs(stop, step)
