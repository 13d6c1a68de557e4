#pragma once
// Version of the libprotobuf-c that is linked, such as "1.4.1".
const char *weft_protobuf_version(void);
