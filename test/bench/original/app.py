"""The design of the original MultiVAC, rebuilt to be measured beside its successor.

A web process takes data and puts them on a queue in Redis; a worker takes them
off and writes them to a database that speaks MongoDB's protocol; the web process
reads the first of them from there.
"""

import os

from flask import Flask, jsonify, request
from pymongo import MongoClient
from redis import Redis
from rq import Queue

app = Flask(__name__)
queue = Queue("multivac", connection=Redis.from_url(os.environ["REDIS_URL"]))
_data = None


def data():
    """The collection, connected once in each process, after it was forked."""
    global _data
    if _data is None:
        _data = MongoClient(os.environ["MONGODB_URI"]).get_database("multivac").get_collection("data")
    return _data


def store(datum):
    """The worker's task."""
    data().insert_one({"data": datum})


@app.get("/")
def welcome():
    return "Welcome to Multivac!"


@app.get("/multivac")
def answer():
    first = data().find_one(sort=[("_id", 1)])
    return first["data"] if first else "INSUFFICIENT DATA FOR MEANINGFUL ANSWER."


@app.post("/multivac/data")
def update():
    queue.enqueue("app.store", request.form["data"])
    return jsonify(response="MultiVAC updated!")
