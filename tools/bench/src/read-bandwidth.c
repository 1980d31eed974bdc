/* Bytes that some threads together read per second: `read-bandwidth THREADS`. Prints GB/s, the best of some rounds over 1 GiB. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_threads = 64, lanes = 32, rounds = 6 };
static const size_t size = (size_t)1 << 30;
static uint64_t *data;
static size_t share;
static uint64_t sums[most_threads];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void *read_share(void *argument) {
  size_t thread = (size_t)(uintptr_t)argument;
  const uint64_t *from = data + thread * share;
  uint64_t lane[lanes] = {0};
  for (size_t i = 0; i + lanes <= share; i += lanes)
    for (size_t k = 0; k < lanes; k++) lane[k] ^= from[i + k];
  uint64_t sum = 0;
  for (size_t k = 0; k < lanes; k++) sum ^= lane[k];
  sums[thread] = sum;
  return NULL;
}

int main(int count, char **values) {
  int threads = count > 1 ? atoi(values[1]) : 1;
  if (threads < 1 || threads > most_threads) return 2;
  data = malloc(size);
  if (data == NULL) return 1;
  memset(data, 1, size);
  share = size / sizeof(uint64_t) / (size_t)threads;
  double best = 0;
  for (int round = 0; round < rounds; round++) {
    pthread_t running[most_threads];
    double start = now();
    for (int i = 0; i < threads; i++) pthread_create(&running[i], NULL, read_share, (void *)(uintptr_t)i);
    for (int i = 0; i < threads; i++) pthread_join(running[i], NULL);
    double speed = (double)size / (now() - start) / 1e9;
    if (speed > best) best = speed;
  }
  /* The sums are used, so that the reading cannot be left out. */
  uint64_t all = 0;
  for (int i = 0; i < threads; i++) all ^= sums[i];
  printf("%.2f %llu\n", best, (unsigned long long)(all & 1));
  return 0;
}
