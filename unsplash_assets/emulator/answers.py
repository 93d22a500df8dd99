"""The JSON of the emulated API: a photo, collection or topic, in the shapes of the specification.

`basic` has what Asset.Basic requires, and `full` what Asset.Full adds; both also carry keys that
only recorded answers have (slug, sponsorship, ...). Links and pictures point to the base URL that
the client asked, so they work in process and behind a port alike.
"""

import base64
import hashlib
import string
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from unsplash_assets.emulator.drawing.colours import Colour, colour
from unsplash_assets.emulator.photos import PHOTOS_PER_TOPIC, EmulatedPhoto
from unsplash_assets.emulator.places import (
    EMPTY_COLLECTION,
    EmulatedTopic,
    code_of_collection,
    slug,
    username,
)

Json = dict[str, Any]

_DIGITS: Final = (
    string.digits + string.ascii_uppercase + string.ascii_lowercase + "#$%*+,-.:;=?@[]^_{|}~"
)
"""Of a BlurHash."""


def basic(photo: EmulatedPhoto, base: str, query: str) -> Json:
    """Return a photo as it stands in lists and searches."""
    width, height = photo.size
    ixid = _ixid(photo, query)
    slug_of = f"{slug(photo.description)}-{photo.id}"
    taken = photo.created_at
    tone = colour(photo.dice("color").random(), 0.4, 0.6)
    return {
        "id": photo.id,
        "slug": slug_of,
        "alternative_slugs": {"en": slug_of},
        "created_at": _time(taken),
        "updated_at": _time(taken + timedelta(days=40)),
        "promoted_at": _time(taken + timedelta(days=2)) if photo.number % 3 else None,
        "width": width,
        "height": height,
        "color": "#{:02x}{:02x}{:02x}".format(*tone),
        "blur_hash": _blur_hash(tone),
        "description": None if photo.number % 2 else f"{photo.description.capitalize()} (demo)",
        "alt_description": photo.description,
        "breadcrumbs": [],
        "urls": _urls(photo, base, ixid),
        "links": _links(photo, base, slug_of, ixid),
        "likes": photo.dice("likes").randrange(900),
        "liked_by_user": False,
        "current_user_collections": [],
        "sponsorship": None,
        "topic_submissions": _submissions(photo),
        "asset_type": "photo",
        "premium": False,
        "plus": False,
        "user": _user(photo, base),
    }


def _blur_hash(tone: Colour) -> str:
    """Return the BlurHash of a plane of one colour: two digits of its size, four of the colour."""
    red, green, blue = tone
    value = (red << 16) + (green << 8) + blue
    return "00" + "".join(_DIGITS[value // 83**place % 83] for place in (3, 2, 1, 0))


def full(photo: EmulatedPhoto, base: str, query: str) -> Json:
    """Return a photo as the random and the single endpoint answer it."""
    dice = photo.dice("full")
    nowhere = {"latitude": None, "longitude": None}
    return {
        **basic(photo, base, query),
        "exif": {
            "make": "Emulated",
            "model": "Canvas II",
            "name": "Emulated, Canvas II",
            "exposure_time": f"1/{dice.choice((60, 125, 250, 500))}",
            "aperture": dice.choice(("1.8", "4.0", "7.1")),
            "focal_length": f"{dice.choice((24, 35, 50, 85))}.0",
            "iso": dice.choice((100, 200, 400)),
        },
        "location": {"name": None, "city": None, "country": None, "position": nowhere},
        "views": dice.randrange(1_000_000),
        "downloads": dice.randrange(10_000),
        "tags": [{"type": "search", "title": word} for word in (photo.topic or "demo").split()],
        "public_domain": False,
        "meta": {"index": True},
        "topics": [
            {"id": topic.id, "title": topic.title, "slug": topic.slug, "visibility": "featured"}
            for topic in [photo.submitted_to]
            if topic
        ],
    }


def topic(found: EmulatedTopic, base: str) -> Json:
    """Return a topic as it stands on its own."""
    photo = EmulatedPhoto(found.code, 1)
    began = _time(photo.created_at)
    return {
        "id": found.id,
        "slug": found.slug,
        "title": found.title,
        "visibility": "featured",
        "description": "Drawn by a program for the demo.",
        **dict.fromkeys(("published_at", "updated_at", "starts_at"), began),
        **dict.fromkeys(("ends_at", "only_submissions_after", "preview_photos")),
        "featured": True,
        "total_photos": PHOTOS_PER_TOPIC,
        "links": _list_links(base, f"topics/{found.slug}", f"t/{found.slug}"),
        "status": "open",
        "owners": [_user(photo, base)],
        "current_user_contributions": [],
        "cover_photo": basic(photo, base, ""),
        "top_contributors": [_user(photo, base)],
    }


def collection(collection_id: str, base: str) -> Json:
    """Return a collection as it stands on its own."""
    photo = EmulatedPhoto(code_of_collection(collection_id), 1)
    made, is_empty = _time(photo.created_at), collection_id == EMPTY_COLLECTION
    return {
        "id": collection_id,
        "share_key": hashlib.blake2b(collection_id.encode(), digest_size=16).hexdigest(),
        "private": False,
        "title": f"Collection {collection_id}",
        "description": None,
        "published_at": made,
        "updated_at": made,
        "last_collected_at": None if is_empty else made,
        "featured": False,
        "total_photos": 0 if is_empty else PHOTOS_PER_TOPIC,
        "links": _list_links(base, *[f"collections/{collection_id}"] * 2),
        "user": _user(photo, base),
        "cover_photo": None if is_empty else basic(photo, base, ""),
    }


def _list_links(base: str, path: str, page: str) -> Json:
    return {"self": f"{base}/{path}", "html": f"{base}/{page}", "photos": f"{base}/{path}/photos"}


def _submissions(photo: EmulatedPhoto) -> Json:
    found = photo.submitted_to
    if found is None:
        return {}
    return {found.slug: {"status": "approved", "approved_on": _time(photo.created_at)}}


def _urls(photo: EmulatedPhoto, base: str, ixid: str) -> Json:
    raw = f"{base}/{photo.path}?" + urlencode({"ixid": ixid, "ixlib": "rb-4.1.0"})
    sized = f"{raw}&crop=entropy&cs=tinysrgb&fit=max&fm=jpg&q=80"
    return {
        "raw": raw,
        "full": f"{raw}&crop=entropy&cs=srgb&fm=jpg&q=85",
        "regular": f"{sized}&w=1080",
        "small": f"{sized}&w=400",
        "thumb": f"{sized}&w=200",
        "small_s3": f"{base}/small/{photo.path}",
    }


def _links(photo: EmulatedPhoto, base: str, slug_of: str, ixid: str) -> Json:
    return {
        "self": f"{base}/photos/{slug_of}",
        "html": f"{base}/photos/{slug_of}",
        "download": f"{base}/photos/{photo.id}/download?ixid={ixid}",
        "download_location": f"{base}/photos/{photo.id}/download?ixid={ixid}",
    }


def _user(photo: EmulatedPhoto, base: str) -> Json:
    first, last = photo.photographer
    name = username(first, last)
    profile = f"{base}/users/{name}"
    portrait = f"{base}/{photo.path}?fit=crop&h={{0}}&w={{0}}"
    return {
        "id": hashlib.blake2b(name.encode(), digest_size=6).hexdigest(),
        "updated_at": _time(photo.created_at),
        "username": name,
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "bio": "Drawn by a program for the demo.",
        **dict.fromkeys(("twitter_username", "portfolio_url", "location", "instagram_username")),
        "links": {
            "self": profile,
            "html": f"{base}/@{name}",
            **{name: f"{profile}/{name}" for name in ("photos", "likes", "portfolio")},
        },
        "profile_image": {
            name: portrait.format(side)
            for name, side in (("small", 32), ("medium", 64), ("large", 128))
        },
        "total_collections": 0,
        "total_likes": 0,
        "total_photos": 40,
        "accepted_tos": True,
        "for_hire": False,
        "social": dict.fromkeys(
            ("instagram_username", "portfolio_url", "twitter_username", "paypal_email")
        ),
    }


def _ixid(photo: EmulatedPhoto, query: str) -> str:
    """Encode feed and query as Unsplash does, but no time, so that it stays the same."""
    content = f"3|1|0|1|random|{photo.number}||{quote(query)}||||2||0|"
    return base64.b64encode(content.encode()).decode().rstrip("=")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
