//! The demo: fictional citizens, the venues of the launch table, and what they need to be tried.

mod certificates;
pub mod lodging;
pub mod people;
pub mod seed;
pub mod venues;
