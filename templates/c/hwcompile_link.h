/*
 * The host's end of the link to a design made by hwcompile, for microcontrollers: C99, no dynamic
 * memory, about 600 bytes of state. The protocol is described in docs/boards.md of hwcompile.
 */
#ifndef HWCOMPILE_LINK_H
#define HWCOMPILE_LINK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HWCOMPILE_MOST 255u                       /* bytes of payload in a packet */
#define HWCOMPILE_LONGEST (HWCOMPILE_MOST + 11u)  /* bytes of the longest packet */
#define HWCOMPILE_PORTS 15u                       /* most inputs, and most outputs, of a design */

/* How the driver reaches the line and the time; fill in all of it. */
typedef struct {
  void *context;  /* handed to every function */
  /* Sends `size` bytes. Returns 0, or another number when the line can not be used any more. */
  int (*write)(void *context, const uint8_t *data, size_t size);
  /*
   * Stores at most `most` bytes that have arrived, and returns their number: 0 when there are none
   * (it may wait a few milliseconds for them), below 0 when the line can not be used any more.
   * On SPI: send `most` zeros and store what comes back.
   */
  int (*read)(void *context, uint8_t *data, size_t most);
  /* Milliseconds since any moment; may wrap around. */
  uint32_t (*milliseconds)(void *context);
} hwcompile_line;

typedef enum {
  HWCOMPILE_OK = 0,
  HWCOMPILE_SILENT,        /* the board does not answer */
  HWCOMPILE_LOST,          /* the board was reset while it worked; open it again */
  HWCOMPILE_OTHER_DESIGN,  /* the board holds another design, or another version of the link */
  HWCOMPILE_STUCK,         /* the design takes nothing and gives nothing */
  HWCOMPILE_BROKEN_LINE    /* a function of the line said so */
} hwcompile_status;

/* How the frames of a port travel. One array element per integer, channel fastest. */
typedef struct {
  uint32_t vectors;         /* vectors in a frame */
  uint32_t size;            /* elements of a vector */
  uint32_t parallel;        /* elements of a word */
  uint8_t bits;             /* of an element on the link */
  uint8_t element_bytes;    /* of an element in the array: 1, 2, 4 or 8 */
  uint8_t is_signed;
  uint8_t is_bipolar;       /* -1 and +1 travel as 0 and 1 */
  uint32_t word_bytes;
} hwcompile_port;

typedef struct {
  uint8_t identity[8];
  uint8_t input_count;
  uint8_t output_count;
  const hwcompile_port *inputs;
  const hwcompile_port *outputs;
} hwcompile_design;

/* The state of a link. Its fields belong to the driver, but these may be read or changed: */
typedef struct {
  uint32_t retries;     /* requests that had to be repeated so far */
  uint32_t timeout_ms;  /* until a request is repeated */
  uint16_t attempts;    /* how often a request is sent before the board counts as silent */
  const hwcompile_line *line;
  uint32_t round_ms;  /* what answers took lately */
  uint8_t sequence;
  uint8_t size;       /* bytes of payload in a packet at present */
  uint8_t good;       /* requests in a row that were answered at once */
  uint8_t arrived;    /* bytes of the last answer */
  size_t received_count;
  uint8_t request[HWCOMPILE_LONGEST];
  uint8_t received[HWCOMPILE_LONGEST];
} hwcompile_link;

/* Prepares a link; `baud` sets the time-out: bits per second of the line. */
void hwcompile_init(hwcompile_link *link, const hwcompile_line *line, uint32_t baud);

/* Resets the design and both ends of the link, and checks that the board holds this design. */
hwcompile_status hwcompile_open(hwcompile_link *link, const hwcompile_design *design);

/*
 * Sends frames and collects what the design makes of them. `inputs` and `outputs` have one array
 * per port, each of `frames` frames. The state of recurrent designs lives until the next open.
 */
hwcompile_status hwcompile_run(hwcompile_link *link, const hwcompile_design *design,
                               uint32_t frames, const void *const *inputs, void *const *outputs);

#ifdef __cplusplus
}
#endif

#endif
