#pragma once
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// Macros with casts or compound literals are not imported into Swift, so functions stand for them.

// The library's negative code for an errno value, such as ENOENT.
static inline int weft_averror(int error_number) { return AVERROR(error_number); }
static inline int weft_averror_eof(void) { return AVERROR_EOF; }
static inline int weft_averror_invalid_data(void) { return AVERROR_INVALIDDATA; }
// The timestamp that means "none".
static inline int64_t weft_av_no_timestamp(void) { return AV_NOPTS_VALUE; }

// How a player shows a stream's pictures: x' = a x + c y, y' = b x + d y, in 16.16; the identity if
// the file does not say. The place of this in the library's structures changed with libavformat 61.
static inline void weft_av_stream_matrix(const AVStream *stream, int32_t *abcd) {
    const uint8_t *bytes = NULL;
    size_t size = 0;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData *data = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
        AV_PKT_DATA_DISPLAYMATRIX);
    if (data) {
        bytes = data->data;
        size = data->size;
    }
#else
    bytes = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
    const int32_t *matrix = (const int32_t *)bytes;
    const int known = matrix && size >= 9 * sizeof(int32_t);
    abcd[0] = known ? matrix[0] : 1 << 16;
    abcd[1] = known ? matrix[1] : 0;
    abcd[2] = known ? matrix[3] : 0;
    abcd[3] = known ? matrix[4] : 1 << 16;
}

// Properties of a picture whose fields were renamed in libavutil 58.
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
static inline int weft_av_is_interlaced(const AVFrame *frame) {
    return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
}
static inline int weft_av_is_key(const AVFrame *frame) {
    return (frame->flags & AV_FRAME_FLAG_KEY) != 0;
}
static inline int64_t weft_av_duration(const AVFrame *frame) { return frame->duration; }
#else
static inline int weft_av_is_interlaced(const AVFrame *frame) { return frame->interlaced_frame; }
static inline int weft_av_is_key(const AVFrame *frame) { return frame->key_frame; }
static inline int64_t weft_av_duration(const AVFrame *frame) { return frame->pkt_duration; }
#endif

// Whether the source of a filter graph has to be told matrix and range of the pictures.
static inline int weft_av_source_has_colour(void) { return LIBAVFILTER_VERSION_MAJOR >= 10; }
