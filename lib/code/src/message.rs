//! What is signed: a tag that names the purpose, then the bytes. The tag is implied and costs nothing on the wire; it
//! keeps a signature made for one purpose from being taken for another.

use alloc::vec::Vec;

use crate::{
    bytes::join,
    limits::{CHAIN_BYTES, HEADER_BYTES},
    ticket::Link,
};

/// The purpose of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// A chain ticket.
    Ticket,
    /// The platform's part of a device-bound code.
    Device,
    /// The device's part of a device-bound code.
    DeviceProof,
    /// A paper code.
    Paper,
    /// A point code.
    Point,
    /// A key list or deny list.
    List,
}

impl Tag {
    /// All tags.
    pub const ALL: [Self; 6] = [Self::Ticket, Self::Device, Self::DeviceProof, Self::Paper, Self::Point, Self::List];

    /// The bytes before the message, ending with a zero byte so that no tag is the beginning of another.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Ticket => b"tongma/T1/v0\0",
            Self::Device => b"tongma/D1/v0\0",
            Self::DeviceProof => b"tongma/D1-device/v0\0",
            Self::Paper => b"tongma/paper/v0\0",
            Self::Point => b"tongma/point/v0\0",
            Self::List => b"tongma/list/v0\0",
        }
    }

    /// Tag and bytes joined.
    pub fn message(self, bytes: &[u8]) -> Vec<u8> {
        [self.bytes(), bytes].concat()
    }
}

/// Length of the message of a T1 ticket.
pub const TICKET_MESSAGE_BYTES: usize = 13 + HEADER_BYTES + CHAIN_BYTES;

/// `"tongma/T1/v0\0"` ‖ bytes 0–25 ‖ anchor.
pub fn ticket(header: &[u8; HEADER_BYTES], anchor: &Link) -> [u8; TICKET_MESSAGE_BYTES] {
    join(&[Tag::Ticket.bytes(), header, anchor])
}
