//! Samples out of VITA-49 packets.

use super::super::arrival::{ArrivalTime, missing};
use super::super::udp::{LONGEST, PATIENCE, bind, receive};
use super::super::{LiveError, captures};
use super::context::{self, Context};
use super::find::{Stream, find};
use super::packet::{self, Kind, Packet};
use super::track::{Track, Verdict, utc};
use crate::input::convert::Encoding;
use crate::input::{
    Capture, InputError, InputInfo, LossCause, OpenOptions, Read, SampleBlock, SampleSource, TimeSource,
};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const HAS: &str = "--frequency, --channel (the stream's identifier) and --silence";
const UNDERSTOOD: [&str; 3] = ["--frequency", "--channel", "--silence"];
/// Time after which the time is told again.
const TELL_EVERY: Duration = Duration::from_secs(10);

struct Vita49 {
    socket: UdpSocket,
    info: InputInfo,
    stream: Stream,
    /// Given by the user, whatever context packets say.
    fixed: OpenOptions,
    track: Track,
    arrivals: ArrivalTime,
    silence: Duration,
    datagram: Vec<u8>,
    /// Bytes of a data packet that waits in `datagram` for the next block, and what is missing before it.
    held: Option<(usize, Verdict)>,
    position: u64,
    last: Option<Instant>,
    told: Option<Instant>,
    bad: u64,
    warnings: Vec<String>,
}

/// Samples in packets to this address. Waits for what says what they are, unless the options do.
pub(crate) fn open(
    name: &str,
    address: &str,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, LiveError> {
    options.live.only(&UNDERSTOOD, "VITA-49", HAS)?;
    let socket = bind(address)?;
    let stream = find(&socket, options)?;
    let mut info = InputInfo {
        name: name.to_owned(),
        format: format!("VITA-49 {}", stream.format),
        complex: stream.format.complex,
        sample_rate_hz: Some(stream.rate_hz),
        length: None,
        captures: captures(options),
        hardware: Some(stream.describe()),
    };
    if info.captures.is_empty() && stream.context.frequency_hz.is_some() {
        info.captures.push(Capture {
            frequency_hz: stream.context.frequency_hz,
            ..Capture::default()
        });
    }
    let frequency_hz = info.captures.first().and_then(|capture| capture.frequency_hz);
    Ok(Box::new(Vita49 {
        socket,
        info,
        track: Track::new(stream.rate_hz),
        arrivals: ArrivalTime::new(stream.rate_hz, frequency_hz, None),
        stream,
        fixed: options.clone(),
        silence: options.live.silence,
        datagram: vec![0; LONGEST],
        held: None,
        position: 0,
        last: None,
        told: None,
        bad: 0,
        warnings: Vec::new(),
    }))
}

/// What a datagram was.
enum Got {
    /// Samples, now in the block or held.
    Samples,
    /// Something else.
    Other,
    /// None came.
    Nothing,
}

impl Vita49 {
    fn next(&mut self, block: &mut SampleBlock) -> Result<Got, InputError> {
        let received = receive(&self.socket, &mut self.datagram).map(|bytes| bytes.map(<[u8]>::len));
        let length = received.map_err(|error| InputError::read(&self.info.name, error))?;
        let Some(length) = length else {
            return Ok(Got::Nothing);
        };
        let datagram = std::mem::take(&mut self.datagram);
        let outcome = match packet::parse(&datagram[..length]) {
            Ok(packet) => self.packet(&packet, length, block),
            Err(error) => {
                self.odd(format!("packets that are none are ignored: {error}"));
                Ok(Got::Other)
            }
        };
        self.datagram = datagram;
        outcome
    }

    /// Warns, once for each kind and of a bounded number of kinds.
    fn odd(&mut self, text: String) {
        if self.warnings.len() < 16 && !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        length: usize,
        block: &mut SampleBlock,
    ) -> Result<Got, InputError> {
        if self.stream.id.is_none() {
            self.stream.id = packet.stream;
        }
        if packet.stream != self.stream.id {
            self.odd("packets of other streams are ignored; --channel chooses one".to_owned());
            return Ok(Got::Other);
        }
        match packet.kind {
            Kind::Data => {
                let samples = packet.payload.len() / self.encoding().bytes();
                if samples == 0 {
                    return Ok(Got::Other);
                }
                let verdict = self.track.take(packet, samples as u64);
                self.data(packet, length, verdict, block);
                Ok(Got::Samples)
            }
            Kind::Context => self.context(packet).map(|()| Got::Other),
            Kind::Other(_) => Ok(Got::Other),
        }
    }

    fn encoding(&self) -> Encoding {
        Encoding::raw(self.stream.format)
    }

    fn data(&mut self, packet: &Packet<'_>, length: usize, verdict: Verdict, block: &mut SampleBlock) {
        let Verdict::Take { lost, cause, anew } = verdict else {
            self.odd("packets that came too late or twice are ignored".to_owned());
            return;
        };
        if (lost > 0 || anew) && !block.samples.is_empty() {
            self.held = Some((length, verdict));
            return;
        }
        let size = self.encoding().bytes();
        let now = Instant::now();
        let count = (packet.payload.len() / size) as u64;
        let (mut lost, mut cause) = (lost, cause);
        if let (Some(last), true, 0) = (self.last, anew, lost)
            && now.duration_since(last) >= self.silence
        {
            lost = missing(last, now, count, self.stream.rate_hz);
            cause = (lost > 0).then_some(LossCause::Timeout);
        }
        self.position += lost;
        if block.samples.is_empty() {
            block.first = self.position;
            block.lost = cause;
            if lost > 0 || anew {
                self.told = None;
            }
            block.capture = self.stamped(packet);
        }
        let whole = packet.payload.len() / size * size;
        self.bad += self
            .encoding()
            .append(&packet.payload[..whole], &mut block.samples);
        self.position += count;
        self.last = Some(now);
    }

    /// The time that the packet's stamp says, where it is due.
    fn stamped(&mut self, packet: &Packet<'_>) -> Option<Capture> {
        if self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return None;
        }
        let time = utc(packet, self.stream.rate_hz)?;
        self.told = Some(Instant::now());
        let calibrated = self.stream.context.calibrated_time == Some(true);
        Some(Capture {
            sample_start: self.position,
            time: Some(time),
            frequency_hz: self.stream.context.frequency_hz,
            uncertainty_s: calibrated.then(|| 1.0 / self.stream.rate_hz),
            clock: TimeSource::Hardware,
        })
    }

    fn context(&mut self, packet: &Packet<'_>) -> Result<(), InputError> {
        let context = match context::parse(packet.payload) {
            Ok(context) => context,
            Err(error) => {
                self.odd(error.to_string());
                return Ok(());
            }
        };
        let changed = |what, from: String, to: String| InputError::Live {
            name: self.info.name.clone(),
            source: LiveError::Changed { what, from, to },
        };
        if let (Some(rate), None) = (context.sample_rate_hz, self.fixed.sample_rate_hz)
            && (rate / self.stream.rate_hz - 1.0).abs() > 1e-9
        {
            return Err(changed(
                "sample rate",
                self.stream.rate_hz.to_string(),
                rate.to_string(),
            ));
        }
        if let (Some(Ok(format)), None) = (context.format, self.fixed.format)
            && format != self.stream.format
        {
            return Err(changed(
                "format",
                self.stream.format.to_string(),
                format.to_string(),
            ));
        }
        if let (Some(new), Some(old)) = (context.frequency_hz, self.stream.context.frequency_hz)
            && new != old
        {
            self.odd(format!(
                "the stream was tuned from {old} Hz to another frequency while it ran"
            ));
            self.told = None;
        }
        self.stream.context = Context {
            frequency_hz: context.frequency_hz.or(self.stream.context.frequency_hz),
            calibrated_time: context.calibrated_time.or(self.stream.context.calibrated_time),
            ..context
        };
        Ok(())
    }

    /// Takes the packet that was held.
    fn take_held(&mut self, block: &mut SampleBlock) {
        let Some((length, verdict)) = self.held.take() else {
            return;
        };
        let datagram = std::mem::take(&mut self.datagram);
        // It was read before, so it can be read again.
        if let Ok(packet) = packet::parse(&datagram[..length]) {
            self.data(&packet, length, verdict, block);
        }
        self.datagram = datagram;
    }
}

impl SampleSource for Vita49 {
    fn info(&self) -> &InputInfo {
        &self.info
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        block.begin(self.position);
        self.take_held(block);
        let started = Instant::now();
        while block.samples.len() < max.max(1) && self.held.is_none() && started.elapsed() < PATIENCE {
            if let Got::Nothing = self.next(block)? {
                break;
            }
        }
        // Without stamps that tell the time, arrivals do.
        Ok(self.arrivals.filled(block, self.position, self.told.is_some()))
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
