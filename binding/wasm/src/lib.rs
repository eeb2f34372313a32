//! The code, the verifier, the edge rules and a QR reader for the browser.
