"""The supported file types by their registered names; used by `app.intake` to recognize them and by the readers."""

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC = "application/msword"
ODT = "application/vnd.oasis.opendocument.text"
RTF = "application/rtf"
PLAIN_TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
JSON_RESUME = "application/json"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
WEBP = "image/webp"

IMAGES = (PNG, JPEG, TIFF, WEBP)
