//! Routes, extractors, OpenAPI, pages and static files.
