"""The HTTP API: `serve.app.create_app` builds it, `serve.server` runs it; imports load nothing."""
