// Serial lines between the modules and a partner whose bits last longer or shorter: arguments are
// the partner's bit in per mille of the module's (970 is 3 % short), and a seed. Both directions
// carry random bytes without a gap, and from time to time with one; the partner samples every bit
// once in the middle of its own bits. Prints, for each of three speeds, how many bytes were sent to
// the module, how many of these arrived right, and the same for the other direction.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>

#include "Vdut.h"
#include "verilated.h"

namespace {

constexpr int kSpeeds = 3;
constexpr int kClocks[kSpeeds] = {8, 13, 104};
constexpr int kBytes = 300;

struct Speed {
    double bit = 0, at = 20;          // of the partner, in clocks; when its next bit starts
    int position = 10;                // in the byte that it sends: 0 start, 9 stop
    uint8_t byte = 0;
    std::deque<uint8_t> to_module, from_module;
    int sent = 0, right = 0, given = 0, heard = 0, wrong = 0;
    double start = -1;                // of the byte that comes from the module
    int samples = 0;
    uint8_t incoming = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const double skew = std::atof(argv[1]) / 1000;
    std::mt19937 random(static_cast<unsigned>(std::atoi(argv[2])));
    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    context->randReset(2);
    const std::unique_ptr<Vdut> dut{new Vdut{context.get()}};
    Speed speeds[kSpeeds];
    for (int i = 0; i < kSpeeds; ++i) {
        speeds[i].bit = kClocks[i] * skew;
        speeds[i].at = 20 + (random() % 1000) / 1000.0;  // its clock has any phase
    }
    dut->clk_i = 0;
    dut->rst_ni = 0;
    dut->rx_i = 7;
    dut->tx_valid_i = 0;
    for (long now = 0; now < 104L * 11 * (kBytes + 30); ++now) {
        if (now == 5) dut->rst_ni = 1;
        for (int i = 0; i < kSpeeds; ++i) {
            Speed& s = speeds[i];
            while (now >= s.at && s.sent <= kBytes) {
                if (s.position >= 10) {
                    if (s.sent == kBytes) break;
                    s.byte = static_cast<uint8_t>(random());
                    s.to_module.push_back(s.byte);
                    ++s.sent;
                    s.position = 0;
                }
                const int level = s.position == 0 ? 0 : s.position == 9 ? 1 : s.byte >> (s.position - 1) & 1;
                dut->rx_i = (dut->rx_i & ~(1 << i)) | level << i;
                s.at += s.bit;
                if (++s.position == 10 && random() % 8 == 0) s.at += s.bit * (random() % 3000) / 1000.0;
            }
        }
        dut->eval();
        for (int i = 0; i < kSpeeds; ++i) {
            Speed& s = speeds[i];
            if (dut->rx_valid_o >> i & 1) {
                const uint8_t got = dut->rx_data_o >> (8 * i) & 0xff;
                if (!s.to_module.empty() && s.to_module.front() == got) ++s.right;
                if (!s.to_module.empty()) s.to_module.pop_front();
            }
            if ((dut->tx_valid_i >> i & 1) && (dut->tx_ready_o >> i & 1)) {
                s.from_module.push_back(dut->tx_data_i >> (8 * i) & 0xff);
                ++s.given;
            }
        }
        dut->clk_i = 1;
        dut->eval();
        for (int i = 0; i < kSpeeds; ++i) {
            Speed& s = speeds[i];
            const uint32_t byte = random() & 0xff;
            const bool offers = now > 5 && s.given < kBytes;
            if (!(dut->tx_valid_i >> i & 1) || s.from_module.size() != 0 || !offers) {
                dut->tx_data_i = (dut->tx_data_i & ~(0xffu << (8 * i))) | byte << (8 * i);
            }
            dut->tx_valid_i = (dut->tx_valid_i & ~(1 << i)) | offers << i;
            const int level = dut->tx_o >> i & 1;
            if (s.start < 0) {
                if (now > 5 && level == 0) {
                    s.start = static_cast<double>(now) - (random() % 1000) / 1000.0;
                    s.samples = 0;
                }
            } else if (now >= s.start + s.bit * (s.samples + 0.5)) {
                if (s.samples == 0 && level != 0) ++s.wrong;
                if (s.samples >= 1 && s.samples <= 8) s.incoming = s.incoming >> 1 | (level ? 0x80 : 0);
                if (s.samples++ == 9) {
                    const bool same = !s.from_module.empty() && s.from_module.front() == s.incoming;
                    if (level && same) ++s.heard;
                    if (!s.from_module.empty()) s.from_module.pop_front();
                    s.start = -1;
                }
            }
        }
        dut->clk_i = 0;
        dut->eval();
    }
    for (const Speed& s : speeds) std::printf("%d %d %d %d\n", s.sent, s.right, s.given, s.heard - s.wrong);
    dut->final();
    return 0;
}
