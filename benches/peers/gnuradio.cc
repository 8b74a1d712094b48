// GNU Radio: gr-fec's Viterbi decoder of K=7, rate 1/2, and gr-filter's filter, called as their blocks call them; and a
// flowgraph that demodulates QPSK, with the time of all its threads.
#include "timing.h"
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/digital/costas_loop_cc.h>
#include <gnuradio/digital/symbol_sync_cc.h>
#include <gnuradio/fec/cc_decoder.h>
#include <gnuradio/fec/cc_encoder.h>
#include <gnuradio/filter/fir_filter.h>
#include <gnuradio/filter/firdes.h>
#include <gnuradio/top_block.h>
#include <algorithm>
#include <memory>
#include <vector>

namespace {

const int BITS = 16384;
const std::vector<int> POLYNOMIALS = {79, 109};

gr::fec::generic_decoder::sptr decoder;
std::vector<unsigned char> symbols, decoded;

void viterbi() { decoder->generic_work(symbols.data(), decoded.data()); }

const int WIDE = 65536, TAPS = 33, PER_SYMBOL = 3, SPAN = 10, ARMS = 32;
std::vector<gr_complex> wide, filtered;
std::unique_ptr<gr::filter::kernel::fir_filter_ccf> fir;

void filter_block() { fir->filterN(filtered.data(), wide.data(), WIDE); }

gr::top_block_sptr graph;
gr::blocks::vector_source<gr_complex>::sptr source;

void demodulate() {
    source->rewind();
    graph->run();
}

/// Random QPSK symbols with a root-raised-cosine pulse.
std::vector<gr_complex> modulated(int symbols) {
    auto taps = gr::filter::firdes::root_raised_cosine(PER_SYMBOL, PER_SYMBOL, 1, 0.5, PER_SYMBOL * SPAN + 1);
    std::vector<gr_complex> out(symbols * PER_SYMBOL + taps.size());
    for (int n = 0; n < symbols; n++) {
        gr_complex symbol(rand() & 1 ? 0.7f : -0.7f, rand() & 1 ? 0.7f : -0.7f);
        for (size_t k = 0; k < taps.size(); k++)
            out[n * PER_SYMBOL + k] += symbol * taps[k];
    }
    return out;
}

/// The filter; matched filter, symbol timing and carrier of QPSK, in the blocks that are there for it.
void receiver() {
    wide = modulated((WIDE + TAPS) / PER_SYMBOL + 1);
    filtered.resize(WIDE);
    fir = std::make_unique<gr::filter::kernel::fir_filter_ccf>(std::vector<float>(TAPS, 0.03f));
    measure("filter 33 taps decimation 1", "GNU Radio", WIDE, filter_block);
    auto samples = modulated(1000000);
    auto matched = gr::filter::firdes::root_raised_cosine(ARMS, PER_SYMBOL * ARMS, 1, 0.5, PER_SYMBOL * ARMS * SPAN + 1);
    source = gr::blocks::vector_source<gr_complex>::make(samples);
    auto timing = gr::digital::symbol_sync_cc::make(
        gr::digital::TED_SIGNAL_TIMES_SLOPE_ML, PER_SYMBOL, 0.02f, 1.0f, 1.0f, 0.01f, 1,
        gr::digital::constellation_sptr(), gr::digital::IR_PFB_MF, ARMS, matched);
    auto carrier = gr::digital::costas_loop_cc::make(0.02f, 4);
    graph = gr::make_top_block("qpsk");
    graph->connect(source, 0, timing, 0);
    graph->connect(timing, 0, carrier, 0);
    graph->connect(carrier, 0, gr::blocks::null_sink::make(sizeof(gr_complex)), 0);
    counted = CLOCK_PROCESS_CPUTIME_ID;
    measure("receiver qpsk 3 samples", "GNU Radio, symbol sync and Costas loop", static_cast<double>(samples.size()), demodulate);
}

} // namespace

int main() {
    auto encoder = gr::fec::code::cc_encoder::make(BITS, 7, 2, POLYNOMIALS, 0, CC_TERMINATED);
    decoder = gr::fec::code::cc_decoder::make(BITS, 7, 2, POLYNOMIALS, 0, -1, CC_TERMINATED);
    std::vector<unsigned char> message(BITS), coded(encoder->get_output_size());
    for (auto &bit : message)
        bit = static_cast<unsigned char>(rand() & 1);
    encoder->generic_work(message.data(), coded.data());
    symbols.assign(decoder->get_input_size() + decoder->get_history(), 128);
    for (size_t n = 0; n < coded.size(); n++)
        symbols[n] = static_cast<unsigned char>((coded[n] ? 192 : 64) + rand() % 120 - 60);
    decoded.resize(BITS + 64);
    viterbi();
    require(std::equal(message.begin(), message.end(), decoded.begin()), "gr-fec's Viterbi decoder");
    measure("viterbi", "GNU Radio", BITS, viterbi);
    receiver();
    return 0;
}
