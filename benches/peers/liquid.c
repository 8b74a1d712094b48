/* liquid-dsp: its convolutional and Reed-Solomon codes are libfec's, if it was built with that; its filter
   banks, its filter and its symbol synchronizer. */
#include "timing.h"
#include <complex.h>
#include <liquid/liquid.h>
#include <string.h>

enum { BYTES = 223, ROOM = 4 * BYTES, WIDE = 65536, CHANNELS = 16 };

/* As many taps for each channel, and as much attenuation, as our own bank has. */
enum { DELAY = 5 };
static const float STOP_DB = 80.0f;

static unsigned char message[BYTES], coded[ROOM], soft[8 * ROOM], decoded[BYTES];
static fec code;

static void decode_hard(void) { fec_decode(code, BYTES, coded, decoded); }
static void decode_soft(void) { fec_decode_soft(code, BYTES, soft, decoded); }
static void encode(void) { fec_encode(code, BYTES, message, coded); }

static float complex wide[WIDE], channels[CHANNELS];
static firpfbch_crcf bank;
static firpfbch2_crcf bank2;

/* One sample for each channel from as many of input. */
static void split(void) {
    for (int n = 0; n < WIDE; n += CHANNELS)
        firpfbch_crcf_analyzer_execute(bank, wide + n, channels);
}

/* The same from half as many: twice the rate. */
static void split_oversampled(void) {
    for (int n = 0; n < WIDE; n += CHANNELS / 2)
        firpfbch2_crcf_execute(bank2, wide + n, channels);
}

static void filter_banks(void) {
    for (int n = 0; n < WIDE; n++)
        wide[n] = cexpf(_Complex_I * 0.37f * (float)n);
    bank = firpfbch_crcf_create_kaiser(LIQUID_ANALYZER, CHANNELS, DELAY, STOP_DB);
    bank2 = firpfbch2_crcf_create_kaiser(LIQUID_ANALYZER, CHANNELS, DELAY, STOP_DB);
    measure("channelizer 16", "liquid-dsp", WIDE, split);
    measure("channelizer 16", "liquid-dsp, oversampled", WIDE, split_oversampled);
}

enum { TAPS = 33, PER_SYMBOL = 3, SPAN = 5 };
static float complex filtered[WIDE], symbols[WIDE];
static firfilt_crcf filter;
static symsync_crcf synchronizer;

static void filter_block(void) { firfilt_crcf_execute_block(filter, wide, WIDE, filtered); }
static void synchronize(void) {
    unsigned count;
    symsync_crcf_execute(synchronizer, wide, WIDE, symbols, &count);
}

/* QPSK with a root-raised-cosine pulse, filtered and synchronized to its symbols. */
static void receiver(void) {
    float taps[TAPS];
    for (int n = 0; n < TAPS; n++)
        taps[n] = 1.0f / (float)(n + 1);
    filter = firfilt_crcf_create(taps, TAPS);
    firinterp_crcf interpolator = firinterp_crcf_create_prototype(LIQUID_FIRFILT_RRC, PER_SYMBOL, SPAN, 0.5f, 0);
    for (int n = 0; n + PER_SYMBOL <= WIDE; n += PER_SYMBOL) {
        float complex symbol = (float)(rand() & 1) * 2 - 1 + _Complex_I * ((float)(rand() & 1) * 2 - 1);
        firinterp_crcf_execute(interpolator, symbol, wide + n);
    }
    measure("filter 33 taps decimation 1", "liquid-dsp", WIDE, filter_block);
    synchronizer = symsync_crcf_create_rnyquist(LIQUID_FIRFILT_RRC, PER_SYMBOL, SPAN, 0.5f, 32);
    symsync_crcf_set_lf_bw(synchronizer, 0.02f);
    measure("receiver qpsk 3 samples", "liquid-dsp, symbol synchronizer alone", WIDE, synchronize);
}

static int begin(fec_scheme scheme) {
    code = fec_create(scheme, NULL);
    if (code == NULL)
        return 0;
    encode();
    for (unsigned n = 0; n < 8 * fec_get_enc_msg_length(scheme, BYTES); n++)
        soft[n] = coded[n / 8] >> (7 - n % 8) & 1 ? 224 : 32;
    return 1;
}

static void check(const char *what) { require(memcmp(message, decoded, BYTES) == 0, what); }

static void absent(const char *kernel) { printf("%s\tliquid-dsp\tnot in this build\n", kernel); }

int main(void) {
    filter_banks();
    receiver();
    for (int n = 0; n < BYTES; n++)
        message[n] = (unsigned char)rand();
    if (begin(LIQUID_FEC_CONV_V27)) {
        decode_soft();
        check("liquid-dsp's Viterbi decoder");
        measure("viterbi", "liquid-dsp", 8 * BYTES, decode_soft);
    } else {
        absent("viterbi");
    }
    if (begin(LIQUID_FEC_RS_M8)) {
        decode_hard();
        check("liquid-dsp's Reed-Solomon decoder");
        measure("reed-solomon encode", "liquid-dsp", 8 * BYTES, encode);
        measure("reed-solomon decode 0 errors", "liquid-dsp", 8 * BYTES, decode_hard);
    } else {
        absent("reed-solomon encode");
        absent("reed-solomon decode 0 errors");
    }
    require(begin(LIQUID_FEC_GOLAY2412), "liquid-dsp has no Golay code");
    decode_hard();
    check("liquid-dsp's Golay decoder");
    measure("golay (24,12) decode", "liquid-dsp", 8 * BYTES, decode_hard);
    return 0;
}
