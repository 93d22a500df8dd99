"""Tests of `catalogue.browsing.listing`: all photos of a kind."""

from unsplash_assets.catalogue.browsing.listing import Kind, listed
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import PhotoState, StoredFile
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.support.stored import record_stored


def test_each_list_has_the_photos_of_its_kind(catalogue: Photos, database: Database) -> None:
    curation, ids = Curation(database), [photo(number).id for number in range(4)]
    for number, topic in enumerate(("sea", "sky", "sea", "sea")):
        catalogue.add(topic, [photo(number)])
    for topic in ("sea", "sky"):
        catalogue.choose(topic, 9, "run", "full", lambda urls: urls["full"])
    record_stored(catalogue, {one: StoredFile(f"{one}.jpg", 1, 1, 1, "0") for one in ids[:3]})
    curation.favour(ids[1])
    curation.ban(ids[2])
    curation.ban("neverSeenIt")

    def found(kind: Kind, topic: str | None = None) -> list[str]:
        with listed(database, kind, topic) as photos:
            return [one.id for one in photos]

    assert found("all") == ids[:2]
    assert found("all", "sea") == ids[:1]
    assert found("favourites") == [ids[1]]
    assert sorted(found("banned")) == sorted([ids[2], "neverSeenIt"])
    assert found("damaged") == []
    with listed(database, "banned", "") as photos:
        (unknown,) = photos
    assert (unknown.state, unknown.path, unknown.stored_at) == (PhotoState.BANNED, None, None)
