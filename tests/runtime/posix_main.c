/*
 * Runs frames through a board with the generated driver: PORT INPUTS OUTPUTS FRAMES. The macros
 * TEST_HEADER and DESIGN name the design's header and description; RUN, IN and OUT the typed function
 * of a design with one input and one output, where that is to be used; SPI that the port is a bus;
 * SLOW_CLOCK that time passes a thousand times slower, so a busy machine is not a lost answer.
 */
#define _XOPEN_SOURCE 600

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include TEST_HEADER

static int send_all(int file, const uint8_t *data, size_t size) {
  while (size > 0) {
    const ssize_t sent = write(file, data, size);
    if (sent <= 0) return -1;
    data += sent;
    size -= (size_t)sent;
  }
  return 0;
}

#ifdef SPI

/* A simulated SPI controller: for every byte sent one comes back. */
static int exchange(int file, const uint8_t *data, size_t size, uint8_t *back) {
  size_t got = 0;
  if (send_all(file, data, size) != 0) return -1;
  while (got < size) {
    const ssize_t count = read(file, back + got, size - got);
    if (count <= 0) return -1;
    got += (size_t)count;
  }
  return 0;
}

static int send_bytes(void *context, const uint8_t *data, size_t size) {
  static uint8_t unheard[HWCOMPILE_LONGEST];
  return exchange(*(int *)context, data, size, unheard);
}

static int receive_bytes(void *context, uint8_t *data, size_t most) {
  static const uint8_t zeros[32];
  if (most > sizeof zeros) most = sizeof zeros;
  return exchange(*(int *)context, zeros, most, data) == 0 ? (int)most : -1;
}

#else

static int send_bytes(void *context, const uint8_t *data, size_t size) {
  return send_all(*(int *)context, data, size);
}

static int receive_bytes(void *context, uint8_t *data, size_t most) {
  struct pollfd ready;
  ready.fd = *(int *)context;
  ready.events = POLLIN;
  if (poll(&ready, 1, 5) <= 0) return 0;
  return (int)read(ready.fd, data, most);
}

#endif

static uint32_t milliseconds(void *context) {
  struct timespec now;
  (void)context;
  clock_gettime(CLOCK_MONOTONIC, &now);
#ifdef SLOW_CLOCK
  return (uint32_t)now.tv_sec;
#else
  return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
#endif
}

static size_t array_bytes(const hwcompile_port *port, uint32_t frames) {
  return (size_t)frames * port->vectors * port->size * port->element_bytes;
}

/* Arrays of all ports lie in the files one after the other; in memory each has its own place. */
#define PLACE 8192u

int main(int argc, char **argv) {
  static uint64_t memory[2][HWCOMPILE_PORTS][PLACE];
  static hwcompile_link link;
  const hwcompile_design *design = &DESIGN;
  const void *inputs[HWCOMPILE_PORTS];
  void *outputs[HWCOMPILE_PORTS];
  hwcompile_line line;
  struct termios settings;
  int file, i;
  uint32_t frames;
  FILE *from, *to;
  hwcompile_status status;
  if (argc != 5) return 99;
  frames = (uint32_t)strtoul(argv[4], NULL, 10);
  file = open(argv[1], O_RDWR | O_NOCTTY);
  if (file < 0) return 98;
  if (tcgetattr(file, &settings) == 0) {
    settings.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
    settings.c_iflag &= (tcflag_t) ~(ICRNL | INLCR | IXON | ISTRIP);
    settings.c_oflag &= (tcflag_t)~OPOST;
    tcsetattr(file, TCSANOW, &settings);
  }
  from = fopen(argv[2], "rb");
  if (from == NULL) return 97;
  for (i = 0; i < design->input_count; ++i) {
    const size_t size = array_bytes(&design->inputs[i], frames);
    if (size > 8u * PLACE || fread(memory[0][i], 1, size, from) != size) return 96;
    inputs[i] = memory[0][i];
  }
  fclose(from);
  for (i = 0; i < design->output_count; ++i) {
    if (array_bytes(&design->outputs[i], frames) > 8u * PLACE) return 95;
    outputs[i] = memory[1][i];
  }
  line.context = &file;
  line.write = send_bytes;
  line.read = receive_bytes;
  line.milliseconds = milliseconds;
  hwcompile_init(&link, &line, 115200);
  status = hwcompile_open(&link, design);
  if (status != HWCOMPILE_OK) return (int)status;
#ifdef RUN
  status = RUN(&link, frames, (const IN *)inputs[0], (OUT *)outputs[0]);
#else
  status = hwcompile_run(&link, design, frames, inputs, outputs);
#endif
  if (status != HWCOMPILE_OK) return (int)status;
  to = fopen(argv[3], "wb");
  if (to == NULL) return 94;
  for (i = 0; i < design->output_count; ++i) {
    const size_t size = array_bytes(&design->outputs[i], frames);
    if (fwrite(outputs[i], 1, size, to) != size) return 93;
  }
  fclose(to);
  printf("%lu retries\n", (unsigned long)link.retries);
  return 0;
}
