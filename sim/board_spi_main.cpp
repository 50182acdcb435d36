// Runs a board's top level as a device on an SPI bus: every byte from standard input is sent to it,
// and the byte that comes back meanwhile goes to standard output. Between bytes there are pauses of
// random length, and now and then the board is deselected. The generated header hw_board.h defines
// HW_SPI_HALF (clocks of the board in half a clock of the bus), HW_GAP_CLOCKS (the pause that ends a
// packet), and HW_BUTTON as the level of a button that nobody presses when there is one. Ends when
// standard input does.

#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>

#include "Vdut.h"
#include "hw_board.h"
#include "verilated.h"

namespace {

constexpr int kHalf = HW_SPI_HALF;
constexpr int kResetClocks = 1000;  // until the board has left its power-on reset
constexpr int kIdleClocks = 4 * HW_GAP_CLOCKS;  // silence after which time stands still

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

class Bus {
   public:
    Bus() : context_{new VerilatedContext} {
        context_->randReset(2);  // registers that nobody resets start with random bits
        dut_.reset(new Vdut{context_.get()});
        dut_->clk = 0;
        dut_->spi_sck = 0;
        dut_->spi_cs_n = 1;
        dut_->spi_mosi = 0;
#ifdef HW_BUTTON
        dut_->button = HW_BUTTON;
#endif
    }
    ~Bus() { dut_->final(); }

    void pass(int clocks) {
        for (int i = 0; i < clocks; ++i) {
            dut_->clk = 1;
            dut_->eval();
            dut_->clk = 0;
            dut_->eval();
        }
    }

    void select(bool on) {
        if (dut_->spi_cs_n == !on) return;
        dut_->spi_cs_n = !on;
        pass(kHalf);
    }

    uint8_t exchange(uint8_t byte) {
        select(true);
        uint8_t back = 0;
        const uint32_t dice = random_();
        for (int bit = 7; bit >= 0; --bit) {
            dut_->spi_mosi = byte >> bit & 1;
            half(dice >> 2 * bit);
            back = static_cast<uint8_t>(back << 1 | dut_->spi_miso);
            dut_->spi_sck = 1;
            half(dice >> (2 * bit + 16));
            dut_->spi_sck = 0;
        }
        if (dice % 4 == 0) pass(static_cast<int>(dice >> 8 & 63));
        if (dice % 16 == 1) {
            pass(kHalf);
            select(false);
        }
        return back;
    }

   private:
    // The controller's clock is not the board's: now and then a half takes a clock more.
    void half(uint32_t dice) { pass(kHalf + (dice % 4 == 0)); }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vdut> dut_;
    std::mt19937 random_{1};
};

}  // namespace

int main() {
    Bus bus;
    bus.pass(kResetClocks);
    std::deque<uint8_t> waiting;
    int idle = 0;
    while (fetch(waiting, idle >= kIdleClocks ? 100 : 0)) {
        if (waiting.empty()) {
            if (idle < kIdleClocks) {
                bus.pass(100);
                bus.select(false);
                idle += 100;
            }
            continue;
        }
        idle = 0;
        while (!waiting.empty()) {
            const uint8_t back = bus.exchange(waiting.front());
            waiting.pop_front();
            if (write(1, &back, 1) != 1) return 1;
        }
    }
    return 0;
}
