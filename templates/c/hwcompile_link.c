/* See hwcompile_link.h. */

#include "hwcompile_link.h"

#include <string.h>

#define SYNC 0xa5u
#define HEADER 7u
#define CHECK 4u
#define PROTOCOL 2u
#define KIND_EXCHANGE 0x01u
#define KIND_HELLO 0x02u
#define KIND_TAKEN 0x81u
#define KIND_MET 0x82u
#define KIND_LOST 0x83u
#define SILENT_TURNS 2000u  /* exchanges that move nothing before the design counts as stuck */
#define LEAST 8u            /* bytes of payload below which packets do not shrink */
#define GROWTH 4u           /* requests answered at once before packets grow again */
#define QUICK_MS 30u        /* an answer is waited for at least so long */
#define SLACK 4u            /* times the time that answers took lately */

/* Places in a packet. */
#define KIND 1u
#define SEQUENCE 2u
#define CHANNELS 3u
#define AMOUNT 4u    /* of a request: most bytes of the answer; of an answer: bytes that were taken */
#define RECEIVED 5u  /* of a request: bytes of the answer before that have come */
#define LENGTH 6u

/* --- Packets ----------------------------------------------------------------------------------- */

/* The CRC-32 of Ethernet and zlib. */
static uint32_t crc32(const uint8_t *data, size_t size) {
  uint32_t crc = 0xffffffffu;
  size_t i;
  int bit;
  for (i = 0; i < size; ++i) {
    crc ^= data[i];
    for (bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) ? 0xedb88320u : 0u);
  }
  return ~crc;
}

static uint8_t smaller(size_t a, size_t b) { return (uint8_t)(a < b ? a : b); }

/* Completes the request whose payload is in place; returns its size. */
static size_t seal(hwcompile_link *link, uint8_t kind, uint8_t channels, uint8_t payload) {
  uint8_t *packet = link->request;
  uint32_t crc;
  size_t k;
  packet[0] = SYNC;
  packet[KIND] = kind;
  packet[SEQUENCE] = link->sequence;
  packet[CHANNELS] = channels;
  packet[AMOUNT] = kind == KIND_HELLO ? (uint8_t)HWCOMPILE_MOST : link->size;
  packet[RECEIVED] = link->arrived;
  packet[LENGTH] = payload;
  crc = crc32(packet + 1, HEADER - 1u + payload);
  for (k = 0; k < CHECK; ++k) packet[HEADER + payload + k] = (uint8_t)((crc >> (8u * k)) & 0xffu);
  return HEADER + payload + CHECK;
}

/* True when `size` bytes are an intact packet. */
static int intact(const uint8_t *packet, size_t size) {
  size_t k;
  uint32_t crc = 0;
  if (packet[0] != SYNC || size != HEADER + packet[LENGTH] + CHECK) return 0;
  for (k = 0; k < CHECK; ++k) crc |= (uint32_t)packet[size - CHECK + k] << (8u * k);
  return crc == crc32(packet + 1, size - 1u - CHECK);
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
  for (start = 0; start + HEADER + CHECK <= link->received_count; ++start) {
    if (intact(link->received + start, link->received_count - start)) {
      link->received_count = 0;
      return link->received + start;
    }
  }
  return NULL;
}

/* --- Conversation ------------------------------------------------------------------------------ */

/* True when a packet answers the request, of which the longest version had `offered` bytes. */
static int answers(const hwcompile_link *link, uint8_t offered, const uint8_t *packet) {
  const uint8_t *request = link->request;
  const int same = packet[SEQUENCE] == request[SEQUENCE];
  if (request[KIND] == KIND_HELLO) {
    return packet[KIND] == KIND_MET && same && packet[CHANNELS] == request[CHANNELS];
  }
  if (packet[KIND] == KIND_LOST) return 1;
  /* Others are late answers to repeated requests. */
  return packet[KIND] == KIND_TAKEN && same && packet[AMOUNT] <= offered &&
         ((packet[CHANNELS] ^ request[CHANNELS]) & 15u) == 0;
}

static uint32_t now(const hwcompile_link *link) {
  return link->line->milliseconds(link->line->context);
}

/* Listens for the answer; `*answer` stays NULL when none comes in time. */
static hwcompile_status listen(hwcompile_link *link, uint8_t offered, uint32_t patience,
                               const uint8_t **answer) {
  const hwcompile_line *line = link->line;
  const uint32_t started = now(link);
  uint8_t chunk[32];
  do {
    const int count = line->read(line->context, chunk, sizeof chunk);
    int i;
    if (count < 0) return HWCOMPILE_BROKEN_LINE;
    for (i = 0; i < count; ++i) {
      const uint8_t *packet = hear(link, chunk[i]);
      if (packet != NULL && answers(link, offered, packet)) {
        *answer = packet;
        return HWCOMPILE_OK;
      }
    }
  } while (now(link) - started < patience);
  link->received_count = 0;
  return HWCOMPILE_OK;
}

/* Milliseconds for which the answer to a request is waited for. */
static uint32_t patience_of(const hwcompile_link *link, uint16_t attempt) {
  const uint32_t most = (attempt < 16u ? 1u + attempt / 8u : 3u) * link->timeout_ms;
  uint32_t learned = SLACK * link->round_ms;
  uint16_t k;
  if (learned < QUICK_MS) learned = QUICK_MS;
  for (k = 0; k < attempt && learned < most; ++k) learned += learned / 4u;
  return learned < most ? learned : most;
}

/* Packets shrink when a request stays unanswered, and grow again while all goes well. */
static void shrink(hwcompile_link *link) {
  ++link->retries;
  link->good = 0;
  link->size = (uint8_t)(link->size / 2u < LEAST ? LEAST : link->size / 2u);
}

static void grow(hwcompile_link *link, uint32_t milliseconds) {
  const uint32_t before = link->good != 0 ? link->round_ms - link->round_ms / 8u : 0;
  link->round_ms = milliseconds > before ? milliseconds : before;
  link->good = (uint8_t)(link->good % GROWTH + 1u);
  if (link->good == GROWTH) link->size = smaller(2u * link->size, HWCOMPILE_MOST);
}

/* Sends the request, whose `offered` bytes are in place, until its answer comes. */
static hwcompile_status ask(hwcompile_link *link, uint8_t kind, uint8_t channels, uint8_t offered,
                            const uint8_t **answer) {
  const hwcompile_line *line = link->line;
  uint16_t attempt;
  *answer = NULL;
  for (attempt = 0; attempt < link->attempts; ++attempt) {
    uint32_t sent;
    size_t size;
    hwcompile_status status;
    if (attempt > 0) shrink(link);
    size = seal(link, kind, channels, smaller(offered, link->size));
    sent = now(link);
    if (line->write(line->context, link->request, size) != 0) return HWCOMPILE_BROKEN_LINE;
    status = listen(link, offered, patience_of(link, attempt), answer);
    if (status != HWCOMPILE_OK) return status;
    if (*answer == NULL) continue;
    if ((*answer)[KIND] == KIND_LOST) return HWCOMPILE_LOST;
    link->arrived = (*answer)[LENGTH];
    if (attempt == 0) grow(link, now(link) - sent);
    return HWCOMPILE_OK;
  }
  return HWCOMPILE_SILENT;
}

void hwcompile_init(hwcompile_link *link, const hwcompile_line *line, uint32_t baud) {
  memset(link, 0, sizeof *link);
  link->line = line;
  link->attempts = 24u;
  link->size = (uint8_t)HWCOMPILE_MOST;
  /* The longest request and the longest answer, and a quarter of a second. */
  link->timeout_ms = 250u + 2u * HWCOMPILE_LONGEST * 10u * 1000u / (baud ? baud : 1u);
  link->round_ms = link->timeout_ms;
}

hwcompile_status hwcompile_open(hwcompile_link *link, const hwcompile_design *design) {
  const hwcompile_line *line = link->line;
  const uint8_t *answer;
  hwcompile_status status;
  uint32_t nonce;
  /* The longest packet that somebody else may have left unfinished ends by this. */
  memset(link->request, 0, sizeof link->request);
  if (line->write(line->context, link->request, sizeof link->request) != 0) {
    return HWCOMPILE_BROKEN_LINE;
  }
  link->received_count = 0;
  link->arrived = 0;
  /* An answer to a host before this one must not count as ours. */
  nonce = now(link) + 0x5bu * (uint32_t)(link->sequence + 1u);
  link->sequence = (uint8_t)(nonce & 0xffu);
  status = ask(link, KIND_HELLO, (uint8_t)((nonce >> 8) & 0xffu), 0, &answer);
  if (status != HWCOMPILE_OK) return status;
  if (answer[LENGTH] != sizeof design->identity) return HWCOMPILE_OTHER_DESIGN;
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
    uint8_t sink = (uint8_t)(turn % design->output_count);
    const hwcompile_port *in = &design->inputs[source];
    const uint8_t size = smaller(to_send[source], link->size);
    const uint32_t sent = frames * frame_bytes(in) - to_send[source];
    const uint8_t *answer;
    hwcompile_status status;
    uint32_t k, count, got;
    for (k = 0; k < size; ++k) link->request[HEADER + k] = get_byte(in, inputs[source], sent + k);
    ++link->sequence;
    status = ask(link, KIND_EXCHANGE, (uint8_t)(sink << 4 | source), size, &answer);
    if (status != HWCOMPILE_OK) return status;
    to_send[source] -= answer[AMOUNT];
    count = answer[LENGTH];
    sink = answer[CHANNELS] >> 4;  /* bytes of another output may have been left over */
    if (count != 0) {
      const hwcompile_port *out;
      /* More than this run asked for? */
      if (sink >= design->output_count || count > to_receive[sink]) return HWCOMPILE_LOST;
      out = &design->outputs[sink];
      got = frames * frame_bytes(out) - to_receive[sink];
      for (k = 0; k < count; ++k) put_byte(out, outputs[sink], got + k, answer[HEADER + k]);
      to_receive[sink] -= count;
      remaining -= count;
    }
    silent = (count != 0 || answer[AMOUNT] != 0) ? 0 : silent + 1u;
    if (silent > SILENT_TURNS) return HWCOMPILE_STUCK;
  }
  return HWCOMPILE_OK;
}
