// Runs a board's top level as if it hung on a serial port: bytes from standard input go over the
// simulated line into `uart_rx`, bytes that come out of `uart_tx` go to standard output. The
// generated header hw_board.h defines HW_CLOCKS_PER_BIT, HW_GAP_CLOCKS (the pause that ends a
// packet), and HW_BUTTON as the level of a button that nobody presses when there is one. HW_JOINTS
// is the number of lines between boards where there are several in the model: the program's
// arguments are then the chance that a byte's time on such a line is hit by noise, which inverts it
// for one bit, and a seed; the file `noise` gets a byte for every hit. Ends when standard input does.

#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>

#include "Vdut.h"
#include "hw_board.h"
#include "verilated.h"

namespace {

constexpr int kBit = HW_CLOCKS_PER_BIT;
constexpr int kPollClocks = 8 * kBit;         // how often standard input is looked at
// Silence on both lines after which time stands still: longer than the pause that ends a packet.
constexpr int kIdleClocks = 40 * 10 * kBit + 2 * HW_GAP_CLOCKS;

// Waits at most `milliseconds` for bytes; false at the end of the input.
bool fetch(std::deque<uint8_t>& bytes, int milliseconds) {
    pollfd ready{0, POLLIN, 0};
    if (poll(&ready, 1, milliseconds) <= 0) return true;
    uint8_t buffer[4096];
    const ssize_t size = read(0, buffer, sizeof buffer);
    if (size <= 0) return false;
    bytes.insert(bytes.end(), buffer, buffer + size);
    return true;
}

#ifdef HW_JOINTS
// Inverts each line between two boards for a bit's time now and then.
class Noise {
   public:
    Noise(double rate, uint32_t seed) : random_{seed}, chance_{rate} {}

    uint32_t lines() {
        uint32_t now = 0;
        for (int line = 0; line < HW_JOINTS; ++line) {
            if (left_[line] == 0 && hit_()) {
                left_[line] = kBit;
                std::fputc('!', hits_);
                std::fflush(hits_);  // nobody says when the program is ended
            }
            if (left_[line] == 0) continue;
            --left_[line];
            now |= 1u << line;
        }
        return now;
    }

   private:
    bool hit_() {
        return chance_ > 0 && std::uniform_real_distribution<>{}(random_) < chance_ / (10 * kBit);
    }

    std::FILE* hits_ = std::fopen("noise", "wb");
    std::mt19937 random_;
    double chance_;
    int left_[HW_JOINTS] = {};
};
#endif

}  // namespace

int main(int argc, char** argv) {
#ifdef HW_JOINTS
    Noise noise{argc > 1 ? std::atof(argv[1]) : 0.0,
                argc > 2 ? static_cast<uint32_t>(std::atol(argv[2])) : 0u};
#else
    (void)argc, (void)argv;
#endif
    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    context->randReset(2);  // registers that nobody resets start with random bits
    const std::unique_ptr<Vdut> dut{new Vdut{context.get()}};
    dut->clk = 0;
    dut->uart_rx = 1;
#ifdef HW_BUTTON
    dut->button = HW_BUTTON;
#endif
    std::deque<uint8_t> waiting;
    uint32_t sending = 0;  // the byte on the line with its start and stop bit, lowest first
    int bits = 0, clocks = 0;
    int receiving = -1, age = 0;  // bit of the byte that is coming in, clocks since its start
    uint8_t received = 0;
    int64_t quiet = 0;
    bool open = true;
    for (int64_t cycle = 0; open; ++cycle) {
        if (cycle % kPollClocks == 0) {
            // A silent board needs no time; the power-on reset does.
            const bool still = quiet > kIdleClocks;
            open = fetch(waiting, still && waiting.empty() ? 100 : 0);
            if (still && waiting.empty()) continue;
        }
        ++quiet;
        if (bits == 0 && !waiting.empty()) {
            sending = 0x200u | static_cast<uint32_t>(waiting.front()) << 1;
            waiting.pop_front();
            bits = 10;
            clocks = 0;
        }
        if (bits != 0) {
            quiet = 0;
            dut->uart_rx = sending & 1;
            if (++clocks == kBit) {
                clocks = 0;
                sending >>= 1;
                --bits;
            }
        } else {
            dut->uart_rx = 1;
        }
#ifdef HW_JOINTS
        dut->noise = noise.lines();
#endif
        dut->clk = 1;
        dut->eval();
        dut->clk = 0;
        dut->eval();
        const bool line = dut->uart_tx;
        if (receiving < 0) {
            if (!line) {
                receiving = 0;
                age = 0;
            }
        } else if (++age == kBit * receiving + kBit / 2) {
            if (receiving >= 1 && receiving <= 8) received = received >> 1 | (line ? 0x80 : 0);
            if (receiving == 9) {
                if (line && write(1, &received, 1) != 1) return 1;
                receiving = -1;
            } else {
                ++receiving;
            }
            quiet = 0;
        }
    }
    dut->final();
    return 0;
}
