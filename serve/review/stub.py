from __future__ import annotations
from serve.review.tags import tag
class Stub:
    nav="week"
    def load(self, store): return store.url
    def draw(self, view, data):
        tag("h1", "标题")
        tag("p", data)
