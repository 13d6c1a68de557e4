#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// Macros with casts or compound literals are not imported into Swift, so functions stand for them.

// The library's negative code for an errno value, such as ENOENT.
static inline int weft_averror(int error_number) { return AVERROR(error_number); }
static inline int weft_averror_eof(void) { return AVERROR_EOF; }
static inline int weft_averror_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int weft_averror_stream_not_found(void) { return AVERROR_STREAM_NOT_FOUND; }
// The timestamp that means "none".
static inline int64_t weft_av_no_timestamp(void) { return AV_NOPTS_VALUE; }
