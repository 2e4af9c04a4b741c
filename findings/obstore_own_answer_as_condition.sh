#!/usr/bin/env bash
# obstore==0.12.1: what put() and head() answer ({"e_tag": ..., "version": None}) is refused as the condition
# of the next put(mode=...): TypeError, because a version that is None counts as no text. Expected, from the
# documentation of UpdateVersion: the answer can be handed back; without its version it can. Stores without
# versions are most of them, so this is every optimistic lock written as the documentation reads.
source "$(dirname "$0")/environment"
prepare obstore==0.12.1
expected='put answered: e_tag, version is None
handed back: TypeError
handed back without version: written
handed back once more: PreconditionError'
observe <<'PROGRAM'
import obstore
from obstore.store import MemoryStore

store = MemoryStore()
answer = obstore.put(store, "lock", b"first")
print("put answered: e_tag, version is", answer["version"])


def write(words, condition):
    try:
        obstore.put(store, "lock", b"next", mode=condition)
        print(words, "written")
    except Exception as error:
        print(words, type(error).__name__)


write("handed back:", answer)
write("handed back without version:", {"e_tag": answer["e_tag"]})
write("handed back once more:", {"e_tag": answer["e_tag"]})
PROGRAM
