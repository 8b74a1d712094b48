/* CPU time of calls, and one line for each result: kernel, library, information bits per second. */
#ifndef TIMING_H
#define TIMING_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 20 };

/* Whose time counts: a flowgraph has threads of its own. */
static clockid_t counted = CLOCK_THREAD_CPUTIME_ID;

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(counted, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The best of SAMPLES measurements of at least 30 ms. */
static void measure(const char *kernel, const char *library, double bits, void (*call)(void)) {
    double best = 1e9;
    long calls = 1;
    for (int n = 0; n < SAMPLES;) {
        double start = cpu_seconds();
        for (long i = 0; i < calls; i++)
            call();
        double spent = cpu_seconds() - start;
        if (spent < 0.03) {
            calls *= 2;
            continue;
        }
        if (spent / (double)calls < best)
            best = spent / (double)calls;
        n++;
    }
    printf("%s\t%s\t%.0f\n", kernel, library, bits / best);
    fflush(stdout);
}

static void require(int truth, const char *what) {
    if (!truth) {
        fprintf(stderr, "wrong result: %s\n", what);
        exit(1);
    }
}

#endif
