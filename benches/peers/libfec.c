/* libfec: Viterbi decoder of K=7, rate 1/2; Reed-Solomon (255,223) in the dual basis. */
#include "timing.h"
#include <fec.h>
#include <string.h>

enum { BITS = 16384, TAIL = 6, DATA = 223, WORD = 255 };

static unsigned char message[BITS / 8 + 1], decoded[BITS / 8 + 1], symbols[2 * (BITS + TAIL)];
static unsigned char word[WORD], received[WORD], work[WORD];
static void *decoder;

static int parity_of(int x) { return __builtin_parity((unsigned)x); }

/* Soft symbols with noise that decoding removes: its time does not depend on them. */
static void encode(void) {
    int state = 0;
    for (int n = 0; n < BITS + TAIL; n++) {
        int bit = n < BITS ? message[n / 8] >> (7 - n % 8) & 1 : 0;
        state = state << 1 | bit;
        symbols[2 * n] = (unsigned char)((parity_of(state & V27POLYA) ? 192 : 64) + rand() % 120 - 60);
        symbols[2 * n + 1] = (unsigned char)((parity_of(state & V27POLYB) ? 192 : 64) + rand() % 120 - 60);
    }
}

static void viterbi(void) {
    init_viterbi27(decoder, 0);
    update_viterbi27_blk(decoder, symbols, BITS + TAIL);
    chainback_viterbi27(decoder, decoded, BITS, 0);
}

static void rs_encode(void) { encode_rs_ccsds(word, word + DATA, 0); }

static void rs_decode(void) {
    memcpy(work, received, WORD);
    decode_rs_ccsds(work, NULL, 0, 0);
}

int main(void) {
    for (size_t n = 0; n < sizeof message; n++)
        message[n] = (unsigned char)rand();
    int polynomials[2] = {V27POLYA, V27POLYB};
    set_viterbi27_polynomial(polynomials);
    decoder = create_viterbi27(BITS + TAIL);
    encode();
    viterbi();
    require(memcmp(message, decoded, BITS / 8) == 0, "libfec's Viterbi decoder");
    measure("viterbi", "libfec", BITS, viterbi);

    for (int n = 0; n < DATA; n++)
        word[n] = (unsigned char)rand();
    rs_encode();
    measure("reed-solomon encode", "libfec", 8 * DATA, rs_encode);
    for (int errors = 0; errors <= 16; errors += 8) {
        char kernel[40];
        memcpy(received, word, WORD);
        for (int n = 0; n < errors; n++)
            received[n * 15 + 3] ^= (unsigned char)(n + 1);
        rs_decode();
        require(memcmp(work, word, WORD) == 0, "libfec's Reed-Solomon decoder");
        snprintf(kernel, sizeof kernel, "reed-solomon decode %d errors", errors);
        measure(kernel, "libfec", 8 * DATA, rs_decode);
    }
    return 0;
}
