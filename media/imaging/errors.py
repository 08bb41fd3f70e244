class InvalidPhoto(Exception):
    """A file that cannot become a photo.

    `message` is a sentence for the person who uploaded it, `status` the HTTP status that fits: 400
    (damaged, or too many pixels), 413 (too many bytes) or 415 (no photo, or a format that is not read).
    `code` is one of empty, too_large, unsupported, truncated, damaged, too_many_pixels; from rendering also
    timeout and crashed, which a machine out of breath can cause too, so that a second try is worth its while.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
