//! Which stream of VITA-49 packets there is, and what its samples are.

use super::super::udp::{LONGEST, receive};
use super::super::{LiveError, LiveOptions};
use super::context::{self, Context};
use super::packet::{self, DIFI_OUI, Kind};
use crate::input::{OpenOptions, SampleFormat};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// Time after the first packet within which a context packet must say what samples are.
const CONTEXT_WITHIN: Duration = Duration::from_secs(10);

/// What of a stream is known before its samples.
pub(super) struct Stream {
    pub id: Option<u32>,
    pub format: SampleFormat,
    pub rate_hz: f64,
    pub context: Context,
    pub oui: Option<u32>,
}

impl Stream {
    /// The stream for people.
    pub fn describe(&self) -> String {
        let mut text = match self.oui {
            Some(DIFI_OUI) => "DIFI".to_owned(),
            _ => "VITA-49".to_owned(),
        };
        let known = [
            self.id.map(|id| format!("stream {id}")),
            self.context
                .reference_level_dbm
                .map(|level| format!("full scale {level} dBm")),
            self.context.gain_db.map(|gain| format!("gain {gain} dB")),
            self.context
                .bandwidth_hz
                .map(|bandwidth| format!("bandwidth {bandwidth} Hz")),
        ];
        for part in known.into_iter().flatten() {
            text.push_str(", ");
            text.push_str(&part);
        }
        text
    }
}

/// The stream asked for: `--channel`, or the first that says what it is.
pub(super) fn find(socket: &UdpSocket, options: &OpenOptions) -> Result<Stream, LiveError> {
    let LiveOptions { channel, .. } = options.live;
    let id = channel
        .map(u32::try_from)
        .transpose()
        .map_err(|_| LiveError::Value {
            option: "--channel".into(),
            value: channel.unwrap_or(0).to_string(),
            limits: "what a stream's identifier may be: 0 to 4294967295".into(),
        })?;
    let big_endian = |format: SampleFormat| SampleFormat {
        big_endian: true,
        ..format
    };
    let mut stream = (
        id,
        options.format.map(big_endian),
        options.sample_rate_hz,
        Context::default(),
        None,
    );
    let mut datagram = vec![0; LONGEST];
    let mut first: Option<Instant> = None;
    loop {
        if let (id, Some(format), Some(rate_hz), context, oui) = stream {
            return Ok(Stream {
                id,
                format,
                rate_hz,
                context,
                oui,
            });
        }
        if first.is_some_and(|first| first.elapsed() > CONTEXT_WITHIN) {
            return Err(LiveError::Missing {
                options: "--format and --rate, since no context packet does",
            });
        }
        let bytes = receive(socket, &mut datagram).map_err(LiveError::Broken)?;
        let Some(packet) = bytes.and_then(|bytes| packet::parse(bytes).ok()) else {
            continue;
        };
        first.get_or_insert_with(Instant::now);
        let other = stream.0.is_some() && stream.0 != packet.stream;
        if packet.kind != Kind::Context || other {
            continue;
        }
        let Ok(context) = context::parse(packet.payload) else {
            continue;
        };
        if let (None, Some(Err(error))) = (options.format, context.format) {
            return Err(LiveError::Payload(error));
        }
        let format = stream.1.or(context.format.and_then(Result::ok));
        let rate_hz = stream.2.or(context.sample_rate_hz.filter(|rate| *rate >= 1.0));
        stream = (
            packet.stream,
            format,
            rate_hz,
            context,
            packet.class.map(|class| class.oui),
        );
    }
}
