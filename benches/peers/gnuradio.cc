// GNU Radio's gr-fec: Viterbi decoder of K=7, rate 1/2, called as its blocks call it, without a flowgraph.
#include "timing.h"
#include <gnuradio/fec/cc_decoder.h>
#include <gnuradio/fec/cc_encoder.h>
#include <algorithm>
#include <vector>

namespace {

const int BITS = 16384;
const std::vector<int> POLYNOMIALS = {79, 109};

gr::fec::generic_decoder::sptr decoder;
std::vector<unsigned char> symbols, decoded;

void viterbi() { decoder->generic_work(symbols.data(), decoded.data()); }

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
    measure("viterbi", "gr-fec", BITS, viterbi);
    return 0;
}
