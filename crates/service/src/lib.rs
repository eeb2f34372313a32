//! Use cases: present, act, outbox; authorisation, idempotency, audit.
