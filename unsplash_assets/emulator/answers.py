"""The JSON of the emulated API: a photo, in the shapes of Unsplash's specification.

`basic` has what Asset.Basic requires, `full` what Asset.Full adds; both carry the keys that
recorded answers have besides (slug, sponsorship, ...). Links and pictures point to the base
URL that was asked, so that they work in process as well as behind a port.
"""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from unsplash_assets.emulator.drawing.canvas import colour
from unsplash_assets.emulator.photos import EmulatedPhoto

Json = dict[str, Any]


def basic(photo: EmulatedPhoto, base: str, query: str) -> Json:
    """Return a photo as lists and searches have it."""
    width, height = photo.size
    ixid = _ixid(photo, query)
    slug = f"{_slug(photo.description)}-{photo.id}"
    taken = photo.created_at
    return {
        "id": photo.id,
        "slug": slug,
        "alternative_slugs": {"en": slug},
        "created_at": _time(taken),
        "updated_at": _time(taken + timedelta(days=40)),
        "promoted_at": _time(taken + timedelta(days=2)) if photo.number % 3 else None,
        "width": width,
        "height": height,
        "color": "#{:02x}{:02x}{:02x}".format(*colour(photo.dice("color").random(), 0.4, 0.6)),
        "blur_hash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "description": None if photo.number % 2 else f"{photo.description.capitalize()} (demo)",
        "alt_description": photo.description,
        "breadcrumbs": [],
        "urls": _urls(photo, base, ixid),
        "links": _links(photo, base, slug, ixid),
        "likes": photo.dice("likes").randrange(900),
        "liked_by_user": False,
        "current_user_collections": [],
        "sponsorship": None,
        "topic_submissions": {},
        "asset_type": "photo",
        "premium": False,
        "plus": False,
        "user": _user(photo, base),
    }


def full(photo: EmulatedPhoto, base: str, query: str) -> Json:
    """Return a photo as the random and the single endpoint have it."""
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
    }


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


def _links(photo: EmulatedPhoto, base: str, slug: str, ixid: str) -> Json:
    return {
        "self": f"{base}/photos/{slug}",
        "html": f"{base}/photos/{slug}",
        "download": f"{base}/photos/{photo.id}/download?ixid={ixid}",
        "download_location": f"{base}/photos/{photo.id}/download?ixid={ixid}",
    }


def _user(photo: EmulatedPhoto, base: str) -> Json:
    first, last = photo.photographer
    username = f"{_slug(first)}_{_slug(last)}".replace("-", "")
    portrait = f"{base}/{photo.path}?fit=crop&h={{0}}&w={{0}}"
    return {
        "id": base64.urlsafe_b64encode(hashlib.blake2b(username.encode(), digest_size=8).digest())
        .decode()
        .rstrip("="),
        "updated_at": _time(photo.created_at),
        "username": username,
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "twitter_username": None,
        "portfolio_url": None,
        "bio": "Drawn by a program for the demo.",
        "location": None,
        "links": {
            "self": f"{base}/users/{username}",
            "html": f"{base}/@{username}",
            "photos": f"{base}/users/{username}/photos",
            "likes": f"{base}/users/{username}/likes",
            "portfolio": f"{base}/users/{username}/portfolio",
        },
        "profile_image": {
            name: portrait.format(side)
            for name, side in (("small", 32), ("medium", 64), ("large", 128))
        },
        "instagram_username": None,
        "total_collections": 0,
        "total_likes": 0,
        "total_photos": 40,
        "accepted_tos": True,
        "for_hire": False,
        "social": {
            "instagram_username": None,
            "portfolio_url": None,
            "twitter_username": None,
            "paypal_email": None,
        },
    }


def _ixid(photo: EmulatedPhoto, query: str) -> str:
    """Encode feed and query as Unsplash does (base64 without padding), but no time: stable."""
    content = f"3|1|0|1|random|{photo.number}||{quote(query)}||||2||0|"
    return base64.b64encode(content.encode()).decode().rstrip("=")


def _slug(text: str) -> str:
    return (
        "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())
        or "photo"
    )


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
