//! Frames to packets: transfer frames (TM, AOS, TC, opaque), virtual channels, space packets; and the encoders.
//!
//! [`LinkDecoder`] takes whole frames, as the coding layer gives them. Each is taken apart by the fields of its
//! protocol, judged (CRC, version, spacecraft, virtual channel), placed in the counts of its channels and, if
//! good, handed to the packet extraction of its virtual channel. Nothing is lost without being counted:
//! [`LinkCounters`] says how many frames were rejected and why, how many are missing, and which bytes ended in
//! no packet.

mod aos;
mod cds;
mod channel;
mod clcw;
mod config;
mod crc;
mod cuc;
mod decoder;
mod encoder;
mod fhec;
mod multiplex;
mod packet;
mod packet_stream;
mod parts;
mod reassembly;
mod report;
mod sequence;
mod tc;
mod tc_queue;
mod time;
mod time_field;
mod tm;

pub use aos::{
    AOS_HEADER_BYTES, AOS_IDLE_VCID, AosHeader, FHEC_BYTES, MPDU_HEADER_BYTES, mpdu_first_header_pointer,
};
pub use cds::{CdsFormat, CdsResolution, CdsTime};
pub use clcw::Clcw;
pub use config::{CrcSpan, FrameKind, LinkConfig, LinkError, PacketConfig};
pub use crc::{crc16, crc16_good};
pub use cuc::{CucFormat, CucTime};
pub use decoder::LinkDecoder;
pub use encoder::LinkEncoder;
pub use fhec::{fhec_correct, fhec_encode};
pub use packet::{PACKET_HEADER_BYTES, PacketBuilder, PacketHeader};
pub use packet_stream::PacketDecoder;
pub use report::{
    ApidCounters, Continuity, FrameHeader, LinkCounters, LinkFrame, LinkOutput, LinkPacket, McCounters,
    Rejection, Resync, SequenceCheck, VcCounters, VcId,
};
pub use tc::{ControlCommand, SegmentHeader, TC_HEADER_BYTES, TC_LONGEST_FRAME, TcFrame, TcHeader};
pub use time::{TimeEpoch, TimeError};
pub use time_field::{TimeCode, TimeField, TimeLayout};
pub use tm::{FHP_IDLE, FHP_NO_START, TM_HEADER_BYTES, TmFrame};
