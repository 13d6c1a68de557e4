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
// The timestamp that means "none".
static inline int64_t weft_av_no_timestamp(void) { return AV_NOPTS_VALUE; }

// Degrees by which a player turns a stream's pictures counter-clockwise; 0 if the file does not
// say. The place of this in the library's structures changed with libavformat 61.
static inline double weft_av_stream_rotation(const AVStream *stream) {
    const uint8_t *matrix = NULL;
    size_t bytes = 0;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData *data = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
        AV_PKT_DATA_DISPLAYMATRIX);
    if (data) {
        matrix = data->data;
        bytes = data->size;
    }
#else
    matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
#endif
    if (!matrix || bytes < 9 * sizeof(int32_t)) return 0;
    double angle = av_display_rotation_get((const int32_t *)matrix);
    return angle == angle ? angle : 0;  // A matrix that flattens the picture gives no number.
}
