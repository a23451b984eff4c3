# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building the images: a Debian base shared by all, and on it one product in the layout of its package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stacklib import archives, cache
from stacklib.podman import image_labels, podman, try_podman
from stacklib.shell import timed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stacklib.catalog import Product

_RECIPES = Path(__file__).resolve().parent.parent / "images"
_BASE = "localhost/stacktls/base"
_INPUTS = "stacktls.inputs"


def build(products: Iterable[Product]) -> None:
    """Make the images that are missing or older than what they are made of."""
    with cache.locked("build"):
        for product in products:
            _build(product)


def _build(product: Product) -> None:
    recipe = _RECIPES / product.kind
    base, archive = archives.base(), archives.product(product)
    inputs = cache.digest([base.inputs, archive.inputs, recipe])
    if image_labels(product.image).get(_INPUTS) == inputs:
        return
    _discard_unfinished()
    files, base_image = archive.path(), _base_image(base)
    with timed(f"image {product.image}"):
        podman(
            "build",
            "--quiet",
            "--pull=never",
            "--no-cache",
            "--network=none",
            f"--build-arg=BASE={base_image}",
            f"--label={_INPUTS}={inputs}",
            f"--volume={recipe}:/context:ro",
            f"--volume={files}:/product.tar:ro",
            f"--tag={product.image}",
            str(recipe),
            timeout=600,
        )
    forget_old()


def forget_old() -> None:
    """Remove the images whose names newer ones took, once no container uses them."""
    try_podman("image", "prune", "--force", f"--filter=label={_INPUTS}")


def _discard_unfinished() -> None:
    """Remove what killed builders left; whoever holds the build lock knows that they are dead."""
    cache.discard_unfinished()
    working = podman("ps", "--all", "--external", "--filter=name=^base-working-container", "--format={{.ID}}")
    for left in working.split():
        try_podman("rm", "--force", left)


def _base_image(base: archives.Archive) -> str:
    image = f"{_BASE}:{base.inputs}"
    if not image_labels(image):
        files = base.path()
        with timed(f"image {image}"):
            podman("import", "--quiet", f"--change=LABEL {_INPUTS}={base.inputs}", str(files), image, timeout=300)
    return image
