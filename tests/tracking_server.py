"""A real MLflow server for tests whose store can be looked into past it."""

from recording import make_store
from serving import MlflowServer


class Server(MlflowServer):
    """Artifacts lie beside the store."""

    def __init__(self, folder):
        self.store = make_store(folder)
        super().__init__(folder, self.store.uri)
