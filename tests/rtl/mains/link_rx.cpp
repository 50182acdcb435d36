// Feeds damaged packets to hw_link_rx: standard input holds records of two bytes of length (low
// first) and so many bytes, each followed by the pause that ends a packet. For every packet that
// the module takes, standard output gets a line: the record's number, then the bytes of the header
// and of the payload as they were written, in hexadecimal.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "Vdut.h"
#include "verilated.h"

namespace {

std::unique_ptr<VerilatedContext> context{new VerilatedContext};
std::unique_ptr<Vdut> dut;
uint8_t payload[256];
long record = 0;

void cycle() {
    dut->clk_i = 0;
    dut->eval();
    if (dut->write_o) payload[dut->address_o] = dut->data_o;
    if (dut->done_o && dut->rst_ni) {  // registers hold anything until a reset has passed
        std::printf("%ld %02x%02x%02x%02x%02x%02x", record, dut->kind_o, dut->sequence_o,
                    dut->channels_o, dut->most_o, dut->received_o, dut->length_o);
        for (int i = 0; i < dut->length_o; ++i) std::printf("%02x", payload[i]);
        std::printf("\n");
    }
    dut->clk_i = 1;
    dut->eval();
}

void pass(int cycles) {
    dut->valid_i = 0;
    for (int i = 0; i < cycles; ++i) cycle();
}

}  // namespace

int main() {
    context->randReset(2);
    dut.reset(new Vdut{context.get()});
    dut->clk_i = 0;
    dut->hold_i = 0;
    dut->valid_i = 0;
    dut->rst_ni = 0;
    for (int i = 0; i < 4; ++i) cycle();
    dut->rst_ni = 1;
    pass(32);
    uint8_t size[2];
    std::vector<uint8_t> bytes;
    while (std::fread(size, 1, 2, stdin) == 2) {
        bytes.resize(size[0] | size[1] << 8);
        if (std::fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size()) return 1;
        for (const uint8_t byte : bytes) {
            dut->data_i = byte;
            dut->valid_i = 1;
            cycle();
            pass(3);  // as close as the module allows
        }
        pass(20);
        ++record;
    }
    dut->final();
    return 0;
}
