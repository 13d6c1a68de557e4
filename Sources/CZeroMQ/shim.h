#pragma once
// libzmq's own header says all that Swift needs: its constants are plain integer macros and its
// functions are not variadic. `ZMQ_HAS_CAPABILITIES` and friends are for the preprocessor only.
#include <zmq.h>
// Not part of the module that Swift has for the C library.
#include <sys/eventfd.h>
