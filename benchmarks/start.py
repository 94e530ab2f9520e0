"""A worker starts on a database that is there already: seconds from a loaded model to the first correct answer.

The database is SQLite with statements of about 60 words and their vectors, as the product stores them. The first start
reads every text into its terms and keeps them; the second, which is the one that counts, finds them kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Line, WrongResult

COUNT, QUICK_COUNT = 100_000, 10_000
SECONDS = 3.0

#: Fills a database; the rows are those that `matchmaker index sync` would write.
FILLING = """
import sys
from sqlalchemy import insert
from sqlalchemy.orm import Session
from benchmarks.material import DIMENSION, statements
from embeddings import HashingEncoder
from matchmaker import create_app
from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.db import db, writing
from matchmaker.permissions import Visibility
from matchmaker.suggestions.models import Audience, Embedding, IndexClock, ItemKind, StatementRow

app = create_app()
with app.app_context(), writing(), Session(db.engine) as session:
    # Rows are written as they are: nothing is to be read or encoded on the way.
    home = session.execute(
        insert(Organisation.__table__).values(
            public_id="benchmark000", name="Everybody", name_key="everybody", type=OrganisationType.SME
        )
    ).inserted_primary_key[0]
    space = HashingEncoder(DIMENSION).space
    for first in range(0, COUNT, 5000):
        made = statements(5000, seed=first + 1, first=first + 1)
        session.execute(insert(StatementRow), [
            dict(id=one.id, kind=ItemKind.COMPETENCE, item_id=one.id, audience=Audience.READERS, part=0,
                 organisation_id=home, owners=str(one.owners[0]), visibility=Visibility.PUBLIC,
                 language=one.language, text=one.text, text_hash=str(one.id), changed=1, gone=False)
            for one in made])
        session.execute(insert(Embedding), [
            dict(statement_id=one.id, model_hash=space, text_hash=str(one.id), changed=1, vector=one.vector.tobytes())
            for one in made])
    session.execute(IndexClock.__table__.delete())
    session.add(IndexClock(id=1, value=1))
    session.commit()
"""

#: Starts a worker's catalogue on it and asks with a text that is there.
STARTING = """
import json, time
from benchmarks.material import DIMENSION, statements
from embeddings import HashingEncoder
from matchmaker import create_app
from matchmaker.suggestions.catalogue import item_number
from matchmaker.suggestions.models import ItemKind

app = create_app(ENCODER=HashingEncoder(DIMENSION))
asked = statements(5000, seed=1, first=1)[7]
catalogue = app.extensions["catalogue"]
with app.app_context():
    catalogue.encoder()
    catalogue.glossary
    catalogue._is_worker = True
    start, busy = time.perf_counter(), time.thread_time()
    matcher = catalogue.matcher()
    query = matcher.prepare(asked.text, language=asked.language, vector=asked.vector)
    found = matcher.rank_owners(query, allowed=None, limit=5)
    took, used = time.perf_counter() - start, time.thread_time() - busy
    if catalogue._keeper is not None:
        catalogue._keeper.join()
owner = item_number(ItemKind.ORGANISATION, asked.owners[0])
print(json.dumps([took, used, owner in [match.key for match in found], len(matcher)]))
"""


def run(quick: bool = False) -> list[Line]:
    """The second start of a worker; the first beside it."""
    count = QUICK_COUNT if quick else COUNT
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MATCHMAKER_DATA_DIR": folder, "MATCHMAKER_LOG_LEVEL": "ERROR"}

        def python(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise WrongResult(f"expected a started worker, found {done.stderr.strip().splitlines()[-1:]}")
            return done.stdout

        python("-m", "matchmaker", "init")
        python("-c", FILLING.replace("COUNT", str(count)))
        first, second = (json.loads(python("-c", STARTING).splitlines()[-1]) for _ in range(2))
        kept = sum(file.stat().st_size for file in Path(folder, "words").iterdir()) / 1e6
    for _, _, found, held in (first, second):
        if not found or held != count:
            raise WrongResult(f"expected the asked statement among {count:,}, found {held:,} and it {found}")
    detail = (
        f"{second[1]:.1f} s of its processor time; without kept words {first[0]:.1f} s; they take {kept:.0f} MB on disk"
    )
    return [Line("start", f"first answer with {count:,} statements", second[0], "s", SECONDS, "≤", detail)]
