#pragma once
// libzmq's own header says all that Swift needs: its constants are plain integer macros and its
// functions are not variadic. `ZMQ_HAS_CAPABILITIES` and friends are for the preprocessor only.
#include <zmq.h>
