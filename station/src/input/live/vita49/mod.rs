//! VITA-49 packets over UDP, DIFI's among them: samples with time stamps, and what they mean in packets between.

pub mod context;
mod find;
pub mod packet;
mod source;
mod track;

pub(crate) use source::open;
