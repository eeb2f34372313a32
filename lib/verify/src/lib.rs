//! The verifier: bytes, anchors, lists and time in, a verdict out.
