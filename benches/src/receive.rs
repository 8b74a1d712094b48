//! The receiving end by hand, in one thread: samples to soft bits to frames to packets.

use crate::link::Link;
use anyhow::Result;
use groundlink_decoder::coding::{CodedFrame, FrameDecoder};
use groundlink_decoder::link::{LinkDecoder, LinkOutput};
use groundlink_dsp::receiver::Receiver;
use groundlink_dsp::{Complex32, SoftBatch};

/// Feeds a batch of soft bits, restarting the decoder where the batch says so. `fed` tells whether the decoder
/// was given anything before.
pub fn feed_batch(decoder: &mut FrameDecoder, batch: &SoftBatch, fed: bool, frames: &mut Vec<CodedFrame>) {
    let mut done = 0;
    for mark in &batch.marks {
        decoder.feed(&batch.llrs[done..mark.bit], frames);
        done = mark.bit;
        if mark.restart && (fed || done > 0) {
            decoder.restart(frames);
        }
    }
    decoder.feed(&batch.llrs[done..], frames);
}

/// All stages of a link's receiving end.
#[derive(Debug)]
pub struct ReceivingEnd {
    receiver: Receiver,
    decoder: FrameDecoder,
    link: LinkDecoder,
    batch: SoftBatch,
    coded: Vec<CodedFrame>,
    fed: bool,
    output: LinkOutput,
}

impl ReceivingEnd {
    /// The stages of this link.
    ///
    /// # Errors
    /// When a part of the link is impossible.
    pub fn new(link: &Link) -> Result<Self> {
        Ok(Self {
            receiver: Receiver::new(&link.signal)?,
            decoder: FrameDecoder::new(&link.coding)?,
            link: LinkDecoder::new(&link.frames)?,
            batch: SoftBatch::default(),
            coded: Vec::new(),
            fed: false,
            output: LinkOutput::default(),
        })
    }

    /// Takes samples; calls `each` for every frame with whether it is good and the packets it completed.
    pub fn process(&mut self, samples: &[Complex32], each: impl FnMut(&CodedFrame, bool, &LinkOutput)) {
        self.receiver.process(samples, &mut self.batch);
        self.take_batch(each);
    }

    /// Takes soft bits of another receiver.
    pub fn feed(&mut self, soft: &[i8], each: impl FnMut(&CodedFrame, bool, &LinkOutput)) {
        self.decoder.feed(soft, &mut self.coded);
        self.take_frames(each);
    }

    /// The input has ended.
    pub fn finish(&mut self, mut each: impl FnMut(&CodedFrame, bool, &LinkOutput)) {
        self.receiver.finish(&mut self.batch);
        self.take_batch(&mut each);
        self.decoder.finish(&mut self.coded);
        self.take_frames(each);
    }

    fn take_batch(&mut self, each: impl FnMut(&CodedFrame, bool, &LinkOutput)) {
        feed_batch(&mut self.decoder, &self.batch, self.fed, &mut self.coded);
        self.fed |= !self.batch.llrs.is_empty();
        self.batch.clear();
        self.take_frames(each);
    }

    fn take_frames(&mut self, mut each: impl FnMut(&CodedFrame, bool, &LinkOutput)) {
        for frame in self.coded.drain(..) {
            self.output.packets.clear();
            self.output.resyncs.clear();
            self.link.feed(&frame.bytes, frame.good(), &mut self.output);
            let good = self
                .output
                .frame
                .as_ref()
                .is_some_and(groundlink_decoder::link::LinkFrame::good);
            each(&frame, good, &self.output);
        }
    }
}
