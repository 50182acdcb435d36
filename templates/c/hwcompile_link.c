/* See hwcompile_link.h. */

#include "hwcompile_link.h"

#include <string.h>

#define SYNC 0xa5u
#define HEADER 5u
#define PROTOCOL 1u
#define KIND_EXCHANGE 0x01u
#define KIND_HELLO 0x02u
#define KIND_BUSY 0x80u
#define KIND_TAKEN 0x81u
#define KIND_MET 0x82u
#define KIND_LOST 0x83u
#define SILENT_TURNS 2000u  /* exchanges that move nothing before the design counts as stuck */

/* --- Packets ----------------------------------------------------------------------------------- */

/* CRC-16, polynomial 0x1021, from 0xffff; 0 over a message with its own check behind it. */
static uint16_t crc16(const uint8_t *data, size_t size) {
  uint16_t crc = 0xffffu;
  size_t i;
  int bit;
  for (i = 0; i < size; ++i) {
    crc = (uint16_t)(crc ^ ((uint16_t)data[i] << 8));
    for (bit = 0; bit < 8; ++bit) {
      crc = (uint16_t)((crc & 0x8000u) ? ((uint16_t)(crc << 1) ^ 0x1021u) : (uint16_t)(crc << 1));
    }
  }
  return crc;
}

/* Completes the request whose payload is in place; returns its size. */
static size_t seal(hwcompile_link *link, uint8_t kind, uint8_t channels, size_t payload) {
  uint8_t *packet = link->request;
  uint16_t crc;
  packet[0] = SYNC;
  packet[1] = kind;
  packet[2] = link->sequence;
  packet[3] = channels;
  packet[4] = (uint8_t)payload;
  crc = crc16(packet + 1, HEADER - 1u + payload);
  packet[HEADER + payload] = (uint8_t)(crc >> 8);
  packet[HEADER + payload + 1u] = (uint8_t)(crc & 0xffu);
  return HEADER + payload + 2u;
}

/* Adds a byte. Returns the intact packet that ends with it, wherever it starts, or NULL. */
static const uint8_t *hear(hwcompile_link *link, uint8_t byte) {
  size_t start;
  if (link->received_count == HWCOMPILE_LONGEST) {
    /* Nothing that starts with the first byte was a packet. */
    memmove(link->received, link->received + 1, HWCOMPILE_LONGEST - 1u);
    --link->received_count;
  }
  link->received[link->received_count++] = byte;
  for (start = 0; start + HEADER + 2u <= link->received_count; ++start) {
    const uint8_t *packet = link->received + start;
    const size_t size = link->received_count - start;
    if (packet[0] == SYNC && size == HEADER + packet[4] + 2u && crc16(packet + 1, size - 1u) == 0) {
      link->received_count = 0;
      return packet;
    }
  }
  return NULL;
}

/* --- Conversation ------------------------------------------------------------------------------ */

/* True when a packet answers the request; others are late answers to repeated requests. */
static int answers(const hwcompile_link *link, uint8_t kind, const uint8_t *packet) {
  if (kind == KIND_HELLO) return packet[1] == KIND_MET && packet[2] == link->sequence;
  if (packet[1] == KIND_LOST) return 1;
  return (packet[1] == KIND_BUSY || packet[1] == KIND_TAKEN) && packet[2] == link->sequence;
}

/* Listens for the answer; `*answer` stays NULL when none comes in time. */
static hwcompile_status listen(hwcompile_link *link, uint8_t kind, uint32_t patience,
                               const uint8_t **answer) {
  const hwcompile_line *line = link->line;
  const uint32_t started = line->milliseconds(line->context);
  uint8_t chunk[32];
  do {
    const int count = line->read(line->context, chunk, sizeof chunk);
    int i;
    if (count < 0) return HWCOMPILE_BROKEN_LINE;
    for (i = 0; i < count; ++i) {
      const uint8_t *packet = hear(link, chunk[i]);
      if (packet != NULL && answers(link, kind, packet)) {
        *answer = packet;
        return HWCOMPILE_OK;
      }
    }
  } while (line->milliseconds(line->context) - started < patience);
  link->received_count = 0;
  return HWCOMPILE_OK;
}

/* Sends the request until its answer comes. */
static hwcompile_status ask(hwcompile_link *link, size_t size, const uint8_t **answer) {
  const hwcompile_line *line = link->line;
  const uint8_t kind = link->request[1];
  uint16_t attempt;
  *answer = NULL;
  for (attempt = 0; attempt < link->attempts; ++attempt) {
    const uint32_t factor = attempt < 12u ? 1u + attempt / 4u : 4u;
    hwcompile_status status;
    if (attempt > 0) ++link->retries;
    if (line->write(line->context, link->request, size) != 0) return HWCOMPILE_BROKEN_LINE;
    status = listen(link, kind, factor * link->timeout_ms, answer);
    if (status != HWCOMPILE_OK) return status;
    if (*answer != NULL) return (*answer)[1] == KIND_LOST ? HWCOMPILE_LOST : HWCOMPILE_OK;
  }
  return HWCOMPILE_SILENT;
}

void hwcompile_init(hwcompile_link *link, const hwcompile_line *line, uint32_t baud) {
  memset(link, 0, sizeof *link);
  link->line = line;
  link->attempts = 16u;
  /* The longest request and the longest answer, and a quarter of a second. */
  link->timeout_ms = 250u + 2u * HWCOMPILE_LONGEST * 10u * 1000u / (baud ? baud : 1u);
}

hwcompile_status hwcompile_open(hwcompile_link *link, const hwcompile_design *design) {
  const hwcompile_line *line = link->line;
  const uint8_t *answer;
  hwcompile_status status;
  /* The longest packet that somebody else may have left unfinished ends by this. */
  memset(link->request, 0, sizeof link->request);
  if (line->write(line->context, link->request, sizeof link->request) != 0) {
    return HWCOMPILE_BROKEN_LINE;
  }
  link->received_count = 0;
  ++link->sequence;
  status = ask(link, seal(link, KIND_HELLO, 0, 0), &answer);
  if (status != HWCOMPILE_OK) return status;
  if (answer[4] != sizeof design->identity) return HWCOMPILE_OTHER_DESIGN;
  if (answer[HEADER] != PROTOCOL) return HWCOMPILE_OTHER_DESIGN;
  if (memcmp(answer + HEADER, design->identity, sizeof design->identity) != 0) {
    return HWCOMPILE_OTHER_DESIGN;
  }
  return HWCOMPILE_OK;
}

/* --- Integers to bytes and back ---------------------------------------------------------------- */

static uint64_t load(const void *values, uint32_t index, uint8_t bytes) {
  switch (bytes) {
    case 1: return ((const uint8_t *)values)[index];
    case 2: return ((const uint16_t *)values)[index];
    case 4: return ((const uint32_t *)values)[index];
    default: return ((const uint64_t *)values)[index];
  }
}

static void store(void *values, uint32_t index, uint8_t bytes, uint64_t value) {
  switch (bytes) {
    case 1: ((uint8_t *)values)[index] = (uint8_t)value; break;
    case 2: ((uint16_t *)values)[index] = (uint16_t)value; break;
    case 4: ((uint32_t *)values)[index] = (uint32_t)value; break;
    default: ((uint64_t *)values)[index] = value; break;
  }
}

static uint32_t words_per_vector(const hwcompile_port *port) {
  return (port->size + port->parallel - 1u) / port->parallel;
}

static uint32_t frame_bytes(const hwcompile_port *port) {
  return port->vectors * words_per_vector(port) * port->word_bytes;
}

/* Some bits of one element that lie in one byte of the stream. */
typedef struct {
  uint32_t index;   /* of the element in the array */
  uint8_t present;  /* false for the padding of words */
  uint8_t offset;   /* of the piece in the element */
  uint8_t count;    /* bits */
} piece;

/* The piece of the stream of `port` that starts at bit `bit` of byte `at`. */
static piece piece_at(const hwcompile_port *port, uint32_t at, uint8_t bit) {
  const uint32_t word = at / port->word_bytes;
  const uint32_t place = 8u * (at % port->word_bytes) + bit;
  const uint32_t lane = place / port->bits;
  const uint32_t vector = word / words_per_vector(port);
  const uint32_t element = word % words_per_vector(port) * port->parallel + lane;
  piece found;
  found.offset = (uint8_t)(place % port->bits);
  found.count = (uint8_t)(port->bits - found.offset);
  if (found.count > 8u - bit) found.count = (uint8_t)(8u - bit);
  found.present = lane < port->parallel && element < port->size;
  found.index = vector * port->size + element;
  return found;
}

static uint8_t get_byte(const hwcompile_port *port, const void *values, uint32_t at) {
  uint8_t byte = 0;
  uint8_t bit = 0;
  while (bit < 8u) {
    const piece part = piece_at(port, at, bit);
    if (part.present) {
      uint64_t code = load(values, part.index, port->element_bytes);
      if (port->is_bipolar) code = code == 1u;
      byte = (uint8_t)(byte | (((code >> part.offset) & ((1u << part.count) - 1u)) << bit));
    }
    bit = (uint8_t)(bit + part.count);
  }
  return byte;
}

static void put_byte(const hwcompile_port *port, void *values, uint32_t at, uint8_t byte) {
  uint8_t bit = 0;
  while (bit < 8u) {
    const piece part = piece_at(port, at, bit);
    if (part.present) {
      uint64_t code = part.offset ? load(values, part.index, port->element_bytes) : 0u;
      code |= (uint64_t)((byte >> bit) & ((1u << part.count) - 1u)) << part.offset;
      if (part.offset + part.count == port->bits) {
        const uint64_t sign = (uint64_t)1 << (port->bits - 1u);
        if (port->is_bipolar) code = code ? 1u : ~(uint64_t)0;
        else if (port->is_signed) code = (code ^ sign) - sign;
      }
      store(values, part.index, port->element_bytes, code);
    }
    bit = (uint8_t)(bit + part.count);
  }
}

/* --- Frames ------------------------------------------------------------------------------------ */

/* The input whose turn it is, among those that have bytes left. */
static uint8_t source_of(const hwcompile_design *design, const uint32_t *left, uint32_t turn) {
  uint8_t ready = 0;
  uint8_t i;
  for (i = 0; i < design->input_count; ++i) ready = (uint8_t)(ready + (left[i] != 0));
  if (ready == 0) return 0;
  turn %= ready;
  for (i = 0; i < design->input_count; ++i) {
    if (left[i] != 0 && turn-- == 0) break;
  }
  return i;
}

hwcompile_status hwcompile_run(hwcompile_link *link, const hwcompile_design *design,
                               uint32_t frames, const void *const *inputs, void *const *outputs) {
  uint32_t to_send[HWCOMPILE_PORTS], to_receive[HWCOMPILE_PORTS];
  uint32_t remaining = 0, turn, silent = 0;
  uint8_t i;
  for (i = 0; i < design->input_count; ++i) to_send[i] = frames * frame_bytes(&design->inputs[i]);
  for (i = 0; i < design->output_count; ++i) {
    to_receive[i] = frames * frame_bytes(&design->outputs[i]);
    remaining += to_receive[i];
  }
  for (turn = 0; remaining != 0; ++turn) {
    const uint8_t source = source_of(design, to_send, turn);
    const uint8_t sink = (uint8_t)(turn % design->output_count);
    const hwcompile_port *in = &design->inputs[source];
    const hwcompile_port *out = &design->outputs[sink];
    const uint32_t size = to_send[source] < HWCOMPILE_MOST ? to_send[source] : HWCOMPILE_MOST;
    const uint32_t sent = frames * frame_bytes(in) - to_send[source];
    const uint32_t got = frames * frame_bytes(out) - to_receive[sink];
    const uint8_t *answer;
    hwcompile_status status;
    uint32_t k, count;
    for (k = 0; k < size; ++k) link->request[HEADER + k] = get_byte(in, inputs[source], sent + k);
    ++link->sequence;
    status = ask(link, seal(link, KIND_EXCHANGE, (uint8_t)(sink << 4 | source), size), &answer);
    if (status != HWCOMPILE_OK) return status;
    if (answer[1] == KIND_TAKEN) to_send[source] -= size;
    count = answer[4];
    if (count > to_receive[sink]) return HWCOMPILE_LOST;  /* more than this run asked for */
    for (k = 0; k < count; ++k) put_byte(out, outputs[sink], got + k, answer[HEADER + k]);
    to_receive[sink] -= count;
    remaining -= count;
    silent = (count != 0 || (answer[1] == KIND_TAKEN && size != 0)) ? 0 : silent + 1u;
    if (silent > SILENT_TURNS) return HWCOMPILE_STUCK;
  }
  return HWCOMPILE_OK;
}
