//! Raw samples in datagrams. They have no numbers: a datagram lost on the way cannot be told, only silence can.

use super::arrival::{ArrivalTime, missing};
use super::udp::{LONGEST, PATIENCE, bind, receive};
use super::{LiveError, raw, raw_info};
use crate::input::convert::Encoding;
use crate::input::{InputError, InputInfo, LossCause, OpenOptions, Read, SampleBlock, SampleSource};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const HAS: &str = "--frequency and --silence";

struct RawUdp {
    socket: UdpSocket,
    info: InputInfo,
    encoding: Encoding,
    rate_hz: f64,
    silence: Duration,
    arrivals: ArrivalTime,
    datagram: Vec<u8>,
    position: u64,
    last: Option<Instant>,
    bad: u64,
    warnings: Vec<String>,
}

/// Samples in datagrams to this address, a whole number of samples in each.
pub(crate) fn open(
    name: &str,
    address: &str,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, LiveError> {
    options
        .live
        .only(&["--frequency", "--silence"], "raw samples over UDP", HAS)?;
    let (format, rate_hz) = raw(options)?;
    let frequency_hz = options.live.frequency_hz;
    Ok(Box::new(RawUdp {
        socket: bind(address)?,
        info: raw_info(name, options, format, rate_hz, "UDP"),
        encoding: Encoding::raw(format),
        rate_hz,
        silence: options.live.silence,
        arrivals: ArrivalTime::new(rate_hz, frequency_hz, None),
        datagram: vec![0; LONGEST],
        position: 0,
        last: None,
        bad: 0,
        warnings: Vec::new(),
    }))
}

impl RawUdp {
    /// Takes the next datagram; whether there was one.
    fn take(&mut self, block: &mut SampleBlock) -> std::io::Result<bool> {
        let Some(bytes) = receive(&self.socket, &mut self.datagram)? else {
            return Ok(false);
        };
        let size = self.encoding.bytes();
        let whole = bytes.len() / size * size;
        if whole < bytes.len() && self.warnings.is_empty() {
            self.warnings
                .push("datagrams do not hold whole samples: the rest of each is ignored".to_owned());
        }
        let (now, count) = (Instant::now(), (whole / size) as u64);
        if let (Some(last), true) = (self.last, block.samples.is_empty())
            && now.duration_since(last) >= self.silence
        {
            let lost = missing(last, now, count, self.rate_hz);
            self.position += lost;
            block.lost = (lost > 0).then_some(LossCause::Timeout);
            self.arrivals.restart();
        }
        if block.samples.is_empty() {
            block.first = self.position;
        }
        self.bad += self.encoding.append(&bytes[..whole], &mut block.samples);
        self.position += count;
        self.last = Some(now);
        Ok(true)
    }
}

impl SampleSource for RawUdp {
    fn info(&self) -> &InputInfo {
        &self.info
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        block.begin(self.position);
        let started = Instant::now();
        // The last datagram may reach beyond: it is not worth a second buffer.
        while block.samples.len() < max.max(1) && started.elapsed() < PATIENCE {
            let more = self
                .take(block)
                .map_err(|error| InputError::read(&self.info.name, error))?;
            if !more {
                break;
            }
        }
        Ok(self.arrivals.filled(block, self.position, false))
    }

    fn live(&self) -> bool {
        true
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn bad_samples(&self) -> u64 {
        self.bad
    }
}
