//! Inputs without samples: soft symbols, bits, CADUs, frames, packets.

use super::end::{End, Ended};
use super::frames::{Received, publish_packet, publish_resync};
use super::patience::{self, PatientReader};
use super::publisher::{IndexUnit, Publisher};
use super::soft::SoftOrigin;
use super::{From, RunConfig};
use crate::StationError;
use crate::input::{self, InputError, SoftReader, is_defect};
use crate::monitor::Monitor;
use crate::output::BadFrames;
use crate::output::report::{Report, VcReport};
use groundlink_decoder::coding::{CodingConfig, Descrambler, LineCode, SymbolBits};
use groundlink_decoder::link::{FrameKind, LinkConfig, LinkOutput, PacketDecoder, TC_HEADER_BYTES, TcFrame};
use std::io::{ErrorKind, Read};

/// Runs the chain on an input without samples.
pub fn run(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    match config.from {
        From::Frames => run_frames(config, monitor),
        From::Packets => run_packets(config, monitor),
        From::Cadus => run_cadus(config, monitor),
        From::Iq | From::Soft | From::Bits => run_soft(config, monitor),
    }
}

fn run_soft(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    let bytes = open_bytes(config, monitor)?;
    let format = match config.soft {
        Some(format) => format,
        None => SoftReader::guess(&config.input, config.from == From::Bits)?,
    };
    let mut reader = SoftReader::new(Box::new(bytes), format);
    let coding = config.profile.coding_config()?;
    let mut end = End::open(config, &coding, SoftOrigin::Input, IndexUnit::SoftBit, monitor)?;
    end.announce(config, None, "")?;
    let mut soft = Vec::new();
    let mut ended = end.follow(monitor, |end| {
        soft.clear();
        reader.read(&mut soft, config.block.max(1))?;
        end.soft.take(&soft, &[], &mut end.frames, &mut end.to)?;
        end.flush_if(soft.len() < config.block)?;
        Ok(soft.len() as u64)
    });
    end.to.warnings.extend_from_slice(reader.warnings());
    ended.bad_samples = reader.bad_values();
    end.close(config, None, ended)
}

/// CADUs are hard bits that need no inner decoding.
fn run_cadus(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    let mut bytes = ByteSource::open(config, monitor)?;
    let coding = CodingConfig {
        symbols: SymbolBits::One,
        convolutional: None,
        line_code: LineCode::NrzL,
        descrambler: None::<Descrambler>,
        ..config.profile.coding_config()?
    };
    let mut end = End::open(config, &coding, SoftOrigin::Bytes, IndexUnit::Byte, monitor)?;
    end.announce(config, None, "")?;
    let mut buffer = vec![0; config.block.max(1)];
    let mut soft = Vec::new();
    let ended = end.follow(monitor, |end| {
        let read = bytes.some(&mut buffer, &mut end.to)?;
        soft.clear();
        for byte in &buffer[..read] {
            soft.extend(
                (0..8)
                    .rev()
                    .map(|bit| if byte >> bit & 1 == 1 { 127i8 } else { -127 }),
            );
        }
        end.soft.take(&soft, &[], &mut end.frames, &mut end.to)?;
        end.flush_if(read < buffer.len())?;
        Ok(read as u64)
    });
    end.close(config, None, ended)
}

fn run_frames(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    let mut bytes = ByteSource::open(config, monitor)?;
    let link = config.profile.link_config()?;
    let coding = config.profile.coding_config()?;
    let mut end = End::open(config, &coding, SoftOrigin::Bytes, IndexUnit::Byte, monitor)?;
    end.announce(config, None, "")?;
    let mut frame = Vec::new();
    let mut position = 0;
    let ended = end.follow(monitor, |end| {
        let (read, length) = next_frame(&mut bytes, &link, &mut frame, &mut end.to)?;
        if read > 0 && read < length {
            end.to.warnings.push(format!(
                "the input ends inside a frame: {read} of {length} bytes ignored"
            ));
            return Ok(0);
        }
        if read == length {
            let received = Received {
                index: Some(position),
                end: None,
                bytes: &frame,
                cadu: None,
                quality: None,
                channel_offset_db: 0.0,
                coding_good: true,
                signal: None,
            };
            end.frames.take(&received, &mut end.to)?;
        }
        position += read as u64;
        Ok(read as u64)
    });
    end.close(config, None, ended)
}

/// Reads the next frame, which says itself how long it is or is as long as all others: bytes read, of how many.
fn next_frame(
    bytes: &mut ByteSource,
    link: &LinkConfig,
    frame: &mut Vec<u8>,
    to: &mut Publisher,
) -> Result<(usize, usize), StationError> {
    if link.kind != FrameKind::Tc {
        frame.resize(link.length, 0);
        return Ok((bytes.whole(frame, to)?, link.length));
    }
    frame.resize(TC_HEADER_BYTES, 0);
    let header = bytes.whole(frame, to)?;
    let length = TcFrame::new(frame)
        .map_or(0, TcFrame::length)
        .max(TC_HEADER_BYTES);
    if header < TC_HEADER_BYTES {
        return Ok((header, TC_HEADER_BYTES));
    }
    frame.resize(length, 0);
    let rest = bytes.whole(&mut frame[TC_HEADER_BYTES..], to)?;
    Ok((header + rest, length))
}

fn run_packets(config: &RunConfig, monitor: &Monitor) -> Result<Report, StationError> {
    let mut bytes = ByteSource::open(config, monitor)?;
    let coding = config.profile.coding_config()?;
    let mut end = End::open(config, &coding, SoftOrigin::Bytes, IndexUnit::Byte, monitor)?;
    end.announce(config, None, "")?;
    let mut decoder = PacketDecoder::new(&config.profile.packet_config());
    let mut buffer = vec![0; config.block.max(1)];
    let mut output = LinkOutput::default();
    let ended = end.follow(monitor, |end| {
        let read = bytes.some(&mut buffer, &mut end.to)?;
        decoder.feed(&buffer[..read], &mut output);
        if read == 0 {
            decoder.finish(&mut output);
        }
        publish_stream(&mut output, config.outputs.bad_frames, &mut end.to)?;
        Ok(read as u64)
    });
    let counters = decoder.counters();
    if counters.resyncs + counters.cut_packets > 0 {
        let (resyncs, cut) = (counters.resyncs, counters.cut_packets);
        end.to.warnings.push(format!(
            "packet boundaries lost and found again: {resyncs}, packets cut short: {cut}"
        ));
    }
    end.packet_channel = Some(VcReport::new(None, None, counters));
    end.close(config, None, ended)
}

/// Packets and the places where they were lost, in the order of the input.
fn publish_stream(
    output: &mut LinkOutput,
    bad_frames: BadFrames,
    to: &mut Publisher,
) -> Result<(), StationError> {
    let mut resyncs = output.resyncs.drain(..).peekable();
    for packet in output.packets.drain(..) {
        while let Some(resync) = resyncs.next_if(|resync| resync.frame < packet.frame) {
            publish_resync(&resync, to.place(Some(resync.frame)), to)?;
        }
        let place = to.place(Some(packet.frame));
        publish_packet(&packet, place, bad_frames, to)?;
    }
    for resync in resyncs {
        publish_resync(&resync, to.place(Some(resync.frame)), to)?;
    }
    Ok(())
}

/// Bytes of the input; where compressed data are cut short they end there, with a warning.
struct ByteSource {
    name: String,
    reader: PatientReader,
}

fn open_bytes(config: &RunConfig, monitor: &Monitor) -> Result<PatientReader, StationError> {
    let path = config.input.clone();
    let bytes = patience::open(&config.input, monitor, move || input::open_bytes(&path))?;
    Ok(PatientReader::new(bytes, monitor))
}

impl ByteSource {
    fn open(config: &RunConfig, monitor: &Monitor) -> Result<Self, StationError> {
        Ok(Self {
            name: config.input.clone(),
            reader: open_bytes(config, monitor)?,
        })
    }

    /// Reads some bytes; 0 at the end.
    fn some(&mut self, buffer: &mut [u8], to: &mut Publisher) -> Result<usize, StationError> {
        loop {
            match self.reader.read(buffer) {
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_defect(&error) => {
                    to.warnings.push(format!("{}: {error}", self.name));
                    return Ok(0);
                }
                Err(source) => {
                    return Err(InputError::Io {
                        name: self.name.clone(),
                        source,
                    }
                    .into());
                }
            }
        }
    }

    /// Fills the buffer unless the input ends before.
    fn whole(&mut self, buffer: &mut [u8], to: &mut Publisher) -> Result<usize, StationError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.some(&mut buffer[filled..], to)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

impl End {
    /// Takes step after step until one reads nothing, an output fails, or the run is to stop.
    fn follow(
        &mut self,
        monitor: &Monitor,
        mut step: impl FnMut(&mut Self) -> Result<u64, StationError>,
    ) -> Ended {
        let mut ended = Ended::default();
        while !monitor.stopping() && !self.to.outputs.abandoned() {
            let outcome = step(self).and_then(|read| {
                ended.read += read;
                self.show(ended.read, None).map(|()| read)
            });
            match outcome {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    ended.error = Some(error);
                    break;
                }
            }
        }
        ended
    }
}
